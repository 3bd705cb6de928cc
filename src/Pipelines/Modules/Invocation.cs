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
        var definition = DefinitionOf(Find(parent, module));
        var name = call.GetProperty("name").GetString() ?? "";
        var arguments = ArgumentsOf(call);
        if (name.Length == 0)
        {
            var made = definition.Constructor.Invoke(
                BindingFlags.DoNotWrapExceptions,
                null,
                Bind(definition.Parameters, arguments, definition.Name, cancellationToken),
                null
            );
            return await _values.WriteAsync(
                made,
                new TypeShape(ShapeKind.ModuleObject, definition.Type, IsOptional: false),
                cancellationToken
            );
        }

        var function =
            definition.Functions.FirstOrDefault(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new PipelineException(
                $"{definition.Name} has no function '{name}'; it has: {string.Join(", ", definition.Functions.Select(f => f.Name))}.",
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
        return await _values.WriteAsync(await FinishAsync(result), function.Returns, cancellationToken);
    }

    private object?[] Bind(
        IReadOnlyList<ParameterDefinition> parameters,
        Dictionary<string, JsonElement> arguments,
        string called,
        CancellationToken cancellationToken
    ) => [.. parameters.Select(p => Bind(p, arguments, called, cancellationToken))];

    private object? Bind(
        ParameterDefinition parameter,
        Dictionary<string, JsonElement> arguments,
        string called,
        CancellationToken cancellationToken
    )
    {
        if (parameter.IsGiven)
        {
            return _values.Given(parameter, cancellationToken);
        }

        var isThere = arguments.TryGetValue(parameter.Name, out var json);
        if (isThere && json.ValueKind != JsonValueKind.Null)
        {
            return _values.Read(json, parameter.Shape!, $"{called}: {parameter.Name}");
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
            definition = new ModuleReader(XmlDocumentation.None).ReadObject(type);
            _definitions.Add(type, definition);
        }

        return definition;
    }

    // The engine may put the module's name before that of an object.
    private Type Find(string name, string module)
    {
        var types = ModuleReader.ObjectsOf(_assembly).ToList();
        var prefix = EngineNames.Pascal(module);
        return types.Find(t => t.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? types.Find(t => (prefix + t.Name).Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new PipelineException(
                $"The module has no object '{name}'; it has: {string.Join(", ", types.Select(t => t.Name))}."
            );
    }

    private static Dictionary<string, JsonElement> ArgumentsOf(JsonElement call)
    {
        var arguments = new Dictionary<string, JsonElement>(StringComparer.OrdinalIgnoreCase);
        foreach (var argument in call.GetProperty("inputArgs").EnumerateArray())
        {
            using var value = JsonDocument.Parse(argument.GetProperty("value").GetString() ?? "null");
            arguments[argument.GetProperty("name").GetString()!] = value.RootElement.Clone();
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
