using System.Reflection;
using System.Text.Json;
using Pipelines.Api;
using Pipelines.Queries;

namespace Pipelines.Modules;

/// <summary>Calls one function of a module.</summary>
internal sealed class Invocation
{
    private readonly Assembly _assembly;
    private readonly Values _values;
    private readonly Dictionary<Type, ObjectDefinition> _definitions = [];

    public Invocation(Assembly assembly, DaggerClient client, TimeProvider time)
    {
        _assembly = assembly;
        _values = new Values(client, DefinitionOf, time);
    }

    /// <summary>The function's result as JSON.</summary>
    /// <param name="parent">The object's type.</param>
    /// <param name="module">The module's name.</param>
    /// <param name="call">The call as the engine describes it.</param>
    /// <param name="cancellationToken">Handed to the function.</param>
    /// <exception cref="PipelineException">There is no such function, or an argument is wrong.</exception>
    public async Task<string> RunAsync(
        string parent,
        string module,
        JsonElement call,
        CancellationToken cancellationToken
    )
    {
        var type = Find(parent, module);
        var name = call.GetProperty("name").GetString() ?? "";
        var definition = new ModuleReader(XmlDocumentation.None).ReadObject(type, function: name);
        _definitions.Add(type, definition);
        var arguments = ArgumentsOf(call);
        if (name.Length == 0)
        {
            var made = definition.Constructor.Invoke(
                BindingFlags.DoNotWrapExceptions,
                null,
                Bind(definition.Parameters, arguments, definition.Name, cancellationToken),
                null
            );
            return _values.Write(
                made,
                new TypeShape(ShapeKind.ModuleObject, definition.Type, IsOptional: false),
                cancellationToken
            );
        }

        var function = definition.Functions is [var one]
            ? one
            : throw new PipelineException(
                $"{definition.Name} has no function '{name}'; it has: {string.Join(", ", FunctionsOf(type))}.",
                "The engine may know an older build of the module: call it again after its sources changed."
            );
        using var state = JsonDocument.Parse(call.GetProperty("parent").GetString() ?? "{}");
        var self = _values.ReadObject(
            definition,
            state.RootElement.ValueKind == JsonValueKind.Object
                ? state.RootElement
                : JsonDocument.Parse("{}").RootElement,
            definition.Name
        );
        var result = function.Method.Invoke(
            self,
            BindingFlags.DoNotWrapExceptions,
            null,
            Bind(function.Parameters, arguments, function.Name, cancellationToken),
            null
        );
        return _values.Write(await FinishAsync(result), function.Returns, cancellationToken);
    }

    private object?[] Bind(
        IReadOnlyList<ParameterDefinition> parameters,
        Dictionary<string, JsonDocument> arguments,
        string called,
        CancellationToken cancellationToken
    ) => [.. parameters.Select(p => Bind(p, arguments, called, cancellationToken))];

    private object? Bind(
        ParameterDefinition parameter,
        Dictionary<string, JsonDocument> arguments,
        string called,
        CancellationToken cancellationToken
    )
    {
        if (parameter.IsGiven)
        {
            return _values.Given(parameter, cancellationToken);
        }

        if (arguments.TryGetValue(parameter.Name, out var json) && json.RootElement.ValueKind != JsonValueKind.Null)
        {
            return _values.Read(json.RootElement, parameter.Shape!, $"{called}: {parameter.Name}");
        }

        return parameter.Parameter.HasDefaultValue ? parameter.Parameter.DefaultValue
            : parameter.Shape!.IsOptional ? null
            : throw new PipelineException(
                $"{called}: {parameter.Name} is missing; it must be {parameter.Shape.Words}."
            );
    }

    private ObjectDefinition DefinitionOf(Type type)
    {
        if (!_definitions.TryGetValue(type, out var definition))
        {
            definition = new ModuleReader(XmlDocumentation.None).ReadObject(type, function: "");
            _definitions.Add(type, definition);
        }

        return definition;
    }

    // The engine may put the module's name before that of an object.
    private Type Find(string name, string module)
    {
        var types = _assembly.GetTypes();
        var prefix = EngineNames.Pascal(module);
        return Array.Find(types, t => IsCalled(t.Name, t)) // names first: attributes take longer to read
            ?? Array.Find(types, t => IsCalled(prefix + t.Name, t))
            ?? throw new PipelineException(
                $"The module has no object '{name}'; it has: {string.Join(", ", ModuleReader.ObjectsOf(_assembly).Select(t => t.Name))}."
            );

        bool IsCalled(string its, Type type) =>
            its.Equals(name, StringComparison.OrdinalIgnoreCase) && ModuleReader.IsObject(type);
    }

    private static IEnumerable<string> FunctionsOf(Type type) =>
        new ModuleReader(XmlDocumentation.None).ReadObject(type, function: null).Functions.Select(f => f.Name);

    private static Dictionary<string, JsonDocument> ArgumentsOf(JsonElement call)
    {
        var arguments = new Dictionary<string, JsonDocument>(StringComparer.OrdinalIgnoreCase);
        foreach (var argument in call.GetProperty("inputArgs").EnumerateArray())
        {
            arguments[argument.GetProperty("name").GetString()!] = JsonDocument.Parse(
                argument.GetProperty("value").GetString() ?? "null"
            );
        }

        return arguments;
    }

    private static async Task<object?> FinishAsync(object? result)
    {
        if (result is null)
        {
            return null;
        }

        var type = result.GetType();
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ValueTask<>))
        {
            result = type.GetMethod(nameof(ValueTask<int>.AsTask))!.Invoke(result, null);
        }
        else if (result is ValueTask plain)
        {
            await plain;
            return null;
        }

        if (result is not Task task)
        {
            return result;
        }

        await task;
        // A method that is 'async Task' has a result of no visible type.
        var value = task.GetType().GetProperty(nameof(Task<int>.Result));
        return value is null || !value.PropertyType.IsVisible ? null : value.GetValue(task);
    }
}
