using System.Reflection;
using Pipelines.Api;
using Pipelines.Queries;

namespace Pipelines.Modules;

/// <summary>Reads a module from its classes; all faults are told at once.</summary>
internal sealed class ModuleReader(XmlDocumentation documentation)
{
    private const BindingFlags Everything =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Type[] s_given = [typeof(DaggerClient), typeof(CancellationToken), typeof(TimeProvider)];

    private readonly NullabilityInfoContext _nullability = new();
    private readonly List<string> _faults = [];
    private readonly HashSet<Type> _enums = [];

    /// <summary>The classes of an assembly that are objects of its module.</summary>
    public static IEnumerable<Type> ObjectsOf(Assembly assembly) => assembly.GetTypes().Where(IsObject);

    /// <summary>Whether a class is an object of its module.</summary>
    public static bool IsObject(Type type) => type.IsDefined(typeof(DaggerObjectAttribute), inherit: false);

    /// <summary>The whole module.</summary>
    /// <exception cref="PipelineException">Something cannot be a part of a module: says everything that cannot.</exception>
    public ModuleDefinition Read(Assembly assembly, string moduleName)
    {
        var types = ObjectsOf(assembly).OrderBy(t => t.Name, StringComparer.Ordinal).ToList();
        var objects = types.Select(t => ReadType(t, function: null)).OfType<ObjectDefinition>().ToList();
        var main = EngineNames.Pascal(moduleName);
        var first = objects.Find(o => o.Name.Equals(main, StringComparison.OrdinalIgnoreCase));
        if (first is null && _faults.Count == 0)
        {
            _faults.Add(
                $"the module is called '{moduleName}', and no public class {main} has [DaggerObject]; there is: "
                    + (types.Count == 0 ? "none" : string.Join(", ", types.Select(t => t.Name)))
            );
        }

        ThrowIfFaulty();
        return new ModuleDefinition
        {
            Description = first!.Description,
            Objects = objects,
            Enums =
            [
                .. _enums
                    .OrderBy(e => e.Name, StringComparer.Ordinal)
                    .Select(e => new EnumDefinition(
                        e,
                        documentation.OfType(e),
                        [.. Enum.GetNames(e).Select(m => (EngineNames.Upper(m), documentation.OfField(e, m)))]
                    )),
            ],
        };
    }

    /// <summary>One object.</summary>
    /// <param name="type">Its class.</param>
    /// <param name="function">
    /// The one function to read, whatever its case; all when <see langword="null"/>, none when empty. Reading types takes time.
    /// </param>
    /// <exception cref="PipelineException">Something cannot be a part of a module.</exception>
    public ObjectDefinition ReadObject(Type type, string? function)
    {
        var one = ReadType(type, function);
        ThrowIfFaulty();
        return one!;
    }

    private ObjectDefinition? ReadType(Type type, string? function)
    {
        if (!type.IsVisible || type.IsAbstract || type.IsGenericType)
        {
            _faults.Add($"{type.Name} must be a public class that is neither abstract nor generic");
            return null;
        }

        var constructors = type.GetConstructors();
        if (constructors.Length != 1)
        {
            _faults.Add($"{type.Name} needs one public constructor and has {constructors.Length}");
            return null;
        }

        var constructor = constructors[0];
        var fields = type.GetProperties(Everything)
            .Where(p => p is { CanRead: true, CanWrite: true } && p.GetIndexParameters().Length == 0)
            .Select(p => ReadField(type, p))
            .OfType<FieldDefinition>()
            .ToList();
        var parameters = ReadParameters(type, constructor, "constructor");
        foreach (var lost in parameters.Where(p => !p.IsGiven && FieldFor(p, fields) is null))
        {
            _faults.Add(
                $"{type.Name}: the constructor's parameter {lost.Parameter.Name} needs a property of that name with get and init, or it is lost between calls"
            );
        }

        var functions = type.GetMethods(Everything)
            .Where(m => m.IsDefined(typeof(DaggerFunctionAttribute)) && (function is null || IsCalled(m, function)))
            .Select(m => ReadFunction(type, m))
            .OfType<FunctionDefinition>()
            .ToList();
        foreach (var twice in functions.GroupBy(f => f.Name).Where(g => g.Count() > 1))
        {
            _faults.Add($"{type.Name} has {twice.Count()} functions called {twice.Key}");
        }

        return new ObjectDefinition
        {
            Type = type,
            Description = documentation.OfType(type),
            Constructor = constructor,
            Parameters = parameters,
            Fields = fields,
            Functions = functions,
        };
    }

    /// <summary>The property that keeps what a constructor's parameter was.</summary>
    public static FieldDefinition? FieldFor(ParameterDefinition parameter, IEnumerable<FieldDefinition> fields) =>
        fields.FirstOrDefault(f =>
            f.Property.Name.Equals(parameter.Parameter.Name, StringComparison.OrdinalIgnoreCase)
        );

    private FieldDefinition? ReadField(Type type, PropertyInfo property)
    {
        var shape = Shape(property.PropertyType, _nullability.Create(property), $"{type.Name}.{property.Name}");
        return shape is null
            ? null
            : new FieldDefinition(
                EngineNames.Camel(property.Name),
                property,
                shape,
                documentation.OfProperty(type, property.Name)
            );
    }

    private FunctionDefinition? ReadFunction(Type type, MethodInfo method)
    {
        if (!method.IsPublic || method.IsGenericMethod)
        {
            _faults.Add($"{type.Name}.{method.Name} must be public and not generic");
            return null;
        }

        var returns = Shape(
            method.ReturnType,
            _nullability.Create(method.ReturnParameter),
            $"{type.Name}.{method.Name} returns"
        );
        if (returns is null)
        {
            return null;
        }

        var cache = method.GetCustomAttribute<CacheAttribute>();
        var runs = returns.Kind == ShapeKind.Nothing || IsTask(method.ReturnType);
        return new FunctionDefinition
        {
            Name = NameOf(method),
            Method = method,
            Description = documentation.OfMethod(type, method.Name),
            Parameters = ReadParameters(type, method, method.Name),
            Returns = returns,
            Policy = cache?.Policy ?? (runs ? CachePolicy.Never : CachePolicy.Default),
            TimeToLive = cache?.TimeToLive,
            IsCheck = method.IsDefined(typeof(CheckAttribute)),
        };
    }

    private List<ParameterDefinition> ReadParameters(Type type, MethodBase method, string called)
    {
        var found = new List<ParameterDefinition>();
        foreach (var parameter in method.GetParameters())
        {
            if (s_given.Contains(parameter.ParameterType))
            {
                found.Add(
                    new ParameterDefinition
                    {
                        Name = parameter.Name!,
                        Parameter = parameter,
                        Shape = null,
                    }
                );
                continue;
            }

            var shape = Shape(
                parameter.ParameterType,
                _nullability.Create(parameter),
                $"{type.Name}.{called}: {parameter.Name}"
            );
            if (shape is not null)
            {
                var about = parameter.GetCustomAttribute<ArgumentAttribute>();
                found.Add(
                    new ParameterDefinition
                    {
                        Name = about?.Name ?? EngineNames.Camel(parameter.Name!),
                        Parameter = parameter,
                        Shape = shape,
                        Description = about?.Description ?? documentation.OfParameter(type, method, parameter.Name!),
                        DefaultPath = parameter.GetCustomAttribute<DefaultPathAttribute>()?.Path,
                        Ignore = about?.Ignore ?? [],
                    }
                );
            }
        }

        return found;
    }

    private TypeShape? Shape(Type type, NullabilityInfo nullability, string where)
    {
        var shape = TypeShape.Of(type, nullability);
        if (shape is null)
        {
            _faults.Add(
                $"{where}: {type.Name} cannot be a part of a module; texts, numbers, booleans, enums, the engine's objects, classes with [DaggerObject] and lists of these can"
            );
        }

        for (var part = shape; part is not null; part = part.Element)
        {
            if (part.Kind == ShapeKind.Member)
            {
                _enums.Add(part.Type);
            }
        }

        return shape;
    }

    private static string NameOf(MethodInfo method) =>
        method.GetCustomAttribute<DaggerFunctionAttribute>()!.Name ?? EngineNames.OfFunction(method.Name);

    private static bool IsCalled(MethodInfo method, string name) =>
        NameOf(method).Equals(name, StringComparison.OrdinalIgnoreCase);

    private static bool IsTask(Type type) =>
        type.IsGenericType
        && (
            type.GetGenericTypeDefinition() == typeof(Task<>) || type.GetGenericTypeDefinition() == typeof(ValueTask<>)
        );

    private void ThrowIfFaulty()
    {
        if (_faults.Count > 0)
        {
            throw new PipelineException(
                "This program is no module:\n" + string.Join('\n', _faults.Distinct().Select(f => "- " + f))
            );
        }
    }
}
