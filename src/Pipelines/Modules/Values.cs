using System.Collections;
using System.Text;
using System.Text.Json;
using Pipelines.Api;
using Pipelines.Queries;

namespace Pipelines.Modules;

/// <summary>Turns arguments and state into C# values, and results into JSON.</summary>
internal sealed class Values(DaggerClient client, Func<Type, ObjectDefinition> definitionOf, TimeProvider time)
{
    /// <summary>A default as JSON, or <see langword="null"/> when it has none.</summary>
    public static string? DefaultToJson(object value, TypeShape shape) =>
        shape.Kind switch
        {
            ShapeKind.Text => "\"" + JsonEncodedText.Encode((string)value) + "\"",
            ShapeKind.Flag => (bool)value ? "true" : "false",
            ShapeKind.WholeNumber or ShapeKind.Number => Convert.ToString(
                value,
                System.Globalization.CultureInfo.InvariantCulture
            ),
            ShapeKind.Member => "\"" + EngineNames.Upper(Enum.GetName(shape.Type, value)!) + "\"",
            _ => null,
        };

    /// <summary>A value of the shape.</summary>
    /// <param name="json">The value as the engine gives it.</param>
    /// <param name="shape">What it must be.</param>
    /// <param name="path">What it is, for people.</param>
    /// <exception cref="PipelineException">It is something else.</exception>
    public object? Read(JsonElement json, TypeShape shape, string path)
    {
        if (json.ValueKind == JsonValueKind.Null)
        {
            return shape.IsOptional ? null : throw Wrong(json, shape, path);
        }

        return shape.Kind switch
        {
            ShapeKind.Text when json.ValueKind == JsonValueKind.String => json.GetString(),
            ShapeKind.Flag when json.ValueKind is JsonValueKind.True or JsonValueKind.False => json.GetBoolean(),
            ShapeKind.WholeNumber when json.ValueKind == JsonValueKind.Number => ReadWhole(json, shape, path),
            ShapeKind.Number when json.ValueKind == JsonValueKind.Number => Convert.ChangeType(
                json.GetDouble(),
                shape.Type,
                System.Globalization.CultureInfo.InvariantCulture
            ),
            ShapeKind.Member when json.ValueKind == JsonValueKind.String => ReadMember(json, shape, path),
            ShapeKind.EngineObject when json.ValueKind == JsonValueKind.String => Load(shape, json.GetString()!),
            ShapeKind.ModuleObject when json.ValueKind == JsonValueKind.Object => ReadObject(
                definitionOf(shape.Type),
                json,
                path
            ),
            ShapeKind.List when json.ValueKind == JsonValueKind.Array => ReadList(json, shape, path),
            _ => throw Wrong(json, shape, path),
        };
    }

    /// <summary>An object with the state that it had after an earlier call.</summary>
    public object ReadObject(ObjectDefinition definition, JsonElement state, string path)
    {
        var arguments = definition
            .Parameters.Select(p =>
                p.IsGiven ? Given(p, CancellationToken.None)
                : ModuleReader.FieldFor(p, definition.Fields) is { } field
                && state.TryGetProperty(field.Name, out var value)
                    ? Read(value, field.Shape, $"{path}.{field.Name}")
                : p.Parameter.HasDefaultValue ? p.Parameter.DefaultValue
                : null
            )
            .ToArray();
        var one = definition.Constructor.Invoke(
            System.Reflection.BindingFlags.DoNotWrapExceptions,
            null,
            arguments,
            null
        );
        foreach (var field in definition.Fields)
        {
            if (state.TryGetProperty(field.Name, out var value))
            {
                field.Property.SetValue(one, Read(value, field.Shape, $"{path}.{field.Name}"));
            }
        }

        return one;
    }

    /// <summary>What a parameter gets that is no argument of callers.</summary>
    public object Given(ParameterDefinition parameter, CancellationToken cancellationToken)
    {
        var type = parameter.Parameter.ParameterType;
        return type == typeof(DaggerClient) ? client
            : type == typeof(TimeProvider) ? time
            : cancellationToken;
    }

    /// <summary>A result as JSON: objects of the engine as ids, objects of the module with their state.</summary>
    public string Write(object? value, TypeShape shape, CancellationToken cancellationToken)
    {
        using var buffer = new System.IO.MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            Write(json, value, shape, cancellationToken);
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private void Write(Utf8JsonWriter json, object? value, TypeShape shape, CancellationToken cancellationToken)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case int number:
                json.WriteNumberValue(number);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case double number:
                json.WriteNumberValue(number);
                break;
            case float number:
                json.WriteNumberValue(number);
                break;
            case Enum member:
                json.WriteStringValue(EngineNames.Upper(member.ToString()));
                break;
            case EngineObject one:
                json.WriteStringValue(one.Id(cancellationToken));
                break;
            case IEnumerable list when shape.Kind == ShapeKind.List:
                json.WriteStartArray();
                foreach (var item in list)
                {
                    Write(json, item, shape.Element!, cancellationToken);
                }

                json.WriteEndArray();
                break;
            default:
                json.WriteStartObject();
                foreach (var field in definitionOf(shape.Type).Fields)
                {
                    json.WritePropertyName(field.Name);
                    Write(json, field.Property.GetValue(value), field.Shape, cancellationToken);
                }

                json.WriteEndObject();
                break;
        }
    }

    private object Load(TypeShape shape, string id) => Loading.Of(shape.Type)(client.Query, id);

    private static object ReadWhole(JsonElement json, TypeShape shape, string path)
    {
        if (shape.Type == typeof(long))
        {
            return json.TryGetInt64(out var big) ? big : throw Wrong(json, shape, path);
        }

        return json.TryGetInt32(out var small) ? small : throw Wrong(json, shape, path);
    }

    private static object ReadMember(JsonElement json, TypeShape shape, string path)
    {
        var given = json.GetString()!;
        var name = Enum.GetNames(shape.Type)
            .FirstOrDefault(n => EngineNames.Upper(n) == given || n.Equals(given, StringComparison.OrdinalIgnoreCase));
        return name is null ? throw Wrong(json, shape, path) : Enum.Parse(shape.Type, name);
    }

    private object ReadList(JsonElement json, TypeShape shape, string path)
    {
        var element = shape.Element!;
        var type =
            element.IsOptional && element.Type.IsValueType
                ? typeof(Nullable<>).MakeGenericType(element.Type)
                : element.Type;
        var array = Array.CreateInstance(type, json.GetArrayLength());
        var i = 0;
        foreach (var item in json.EnumerateArray())
        {
            array.SetValue(Read(item, element, $"{path}[{i}]"), i);
            i++;
        }

        return shape.Type.IsAssignableFrom(array.GetType())
            ? array
            : Activator.CreateInstance(typeof(List<>).MakeGenericType(type), array)!;
    }

    // The value is not shown: it may be a secret.
    private static PipelineException Wrong(JsonElement json, TypeShape shape, string path) =>
        new($"{path} must be {shape.Words}; it is {Kind(json)}.");

    private static string Kind(JsonElement json) =>
        json.ValueKind switch
        {
            JsonValueKind.Null => "null",
            JsonValueKind.String => "a text",
            JsonValueKind.Number => "a number",
            JsonValueKind.Array => "a list",
            JsonValueKind.Object => "an object",
            _ => "true or false",
        };
}
