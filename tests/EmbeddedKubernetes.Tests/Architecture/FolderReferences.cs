using System.Buffers.Binary;
using System.Reflection;
using System.Reflection.Emit;
using System.Text.RegularExpressions;

namespace EmbeddedKubernetes.Tests.Architecture;

/// <summary>
/// Which folders (namespaces) of an assembly refer to which, each with the types by which they do. Signatures and bodies
/// are read from the assembly; constants leave no trace there, so the sources' using directives count too.
/// </summary>
internal sealed partial class FolderReferences
{
    private const BindingFlags Everything =
        BindingFlags.Public
        | BindingFlags.NonPublic
        | BindingFlags.Static
        | BindingFlags.Instance
        | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<int, OpCode> s_opCodes = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (OpCode)f.GetValue(null)!)
        .ToDictionary(o => (int)(ushort)o.Value);

    private readonly Assembly _assembly;
    private readonly SortedDictionary<string, SortedDictionary<string, string>> _references = new(
        StringComparer.Ordinal
    );

    public FolderReferences(Assembly assembly)
    {
        _assembly = assembly;
        foreach (var type in assembly.GetTypes().Where(t => t.Namespace is not null))
        {
            Read(type);
        }
    }

    public IEnumerable<string> Folders => _references.Keys;

    /// <summary>Adds the using directives of the sources below a folder.</summary>
    public FolderReferences WithUsings(string sources)
    {
        var own = _assembly.GetName().Name + ".";
        foreach (var file in Directory.EnumerateFiles(sources, "*.cs", SearchOption.AllDirectories))
        {
            var relative = Path.GetRelativePath(sources, file);
            var folder = own + Path.GetDirectoryName(relative)!.Replace(Path.DirectorySeparatorChar, '.');
            foreach (Match match in Using().Matches(File.ReadAllText(file)))
            {
                if (match.Groups["name"].Value is var name && name.StartsWith(own, StringComparison.Ordinal))
                {
                    // "using static" names a type.
                    var target = _references.ContainsKey(name) ? name : name[..name.LastIndexOf('.')];
                    Add(folder.TrimEnd('.'), target, $"{relative} uses {name}");
                }
            }
        }
        return this;
    }

    /// <returns>The steps of a circle, or nothing when there is none.</returns>
    public IReadOnlyList<string> FindCircle()
    {
        var done = new HashSet<string>(StringComparer.Ordinal);
        var path = new List<string>();
        foreach (var folder in _references.Keys)
        {
            if (Visit(folder) is { } start)
            {
                var circle = path[path.IndexOf(start)..];
                return
                [
                    .. circle.Select(
                        (from, i) =>
                            circle[(i + 1) % circle.Count] is var to ? $"{from} -> {to} ({_references[from][to]})" : ""
                    ),
                ];
            }
        }
        return [];

        string? Visit(string folder)
        {
            if (path.Contains(folder))
            {
                return folder;
            }
            if (!done.Add(folder))
            {
                return null;
            }
            path.Add(folder);
            foreach (var target in _references.GetValueOrDefault(folder)?.Keys.AsEnumerable() ?? [])
            {
                if (Visit(target) is { } start)
                {
                    return start;
                }
            }
            path.RemoveAt(path.Count - 1);
            return null;
        }
    }

    private void Read(Type type)
    {
        Refer(type, type.BaseType);
        foreach (var used in type.GetInterfaces().Concat(type.GetFields(Everything).Select(f => f.FieldType)))
        {
            Refer(type, used);
        }
        foreach (var method in type.GetMethods(Everything).Cast<MethodBase>().Concat(type.GetConstructors(Everything)))
        {
            Refer(type, (method as MethodInfo)?.ReturnType);
            foreach (var parameter in method.GetParameters())
            {
                Refer(type, parameter.ParameterType);
            }
            if (method.GetMethodBody() is { } body)
            {
                ReadBody(type, method, body);
            }
        }
    }

    private void ReadBody(Type type, MethodBase method, MethodBody body)
    {
        foreach (var local in body.LocalVariables)
        {
            Refer(type, local.LocalType);
        }
        foreach (var clause in body.ExceptionHandlingClauses)
        {
            Refer(type, clause.Flags == ExceptionHandlingClauseOptions.Clause ? clause.CatchType : null);
        }
        var typeArguments = type.IsGenericType ? type.GetGenericArguments() : null;
        var methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        var code = body.GetILAsByteArray()!.AsSpan();
        for (var at = 0; at < code.Length; )
        {
            var value = code[at] == 0xFE ? (code[at] << 8) | code[at + 1] : code[at];
            var operation = s_opCodes[value];
            at += operation.Size;
            switch (operation.OperandType)
            {
                case OperandType.InlineField
                or OperandType.InlineMethod
                or OperandType.InlineTok
                or OperandType.InlineType:
                    var token = BinaryPrimitives.ReadInt32LittleEndian(code[at..]);
                    Refer(type, method.Module.ResolveMember(token, typeArguments, methodArguments)!);
                    at += 4;
                    break;
                case OperandType.InlineSwitch:
                    at += 4 + (4 * BinaryPrimitives.ReadInt32LittleEndian(code[at..]));
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    at += 8;
                    break;
                case OperandType.InlineVar:
                    at += 2;
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    at += 1;
                    break;
                case OperandType.InlineNone:
                    break;
                default:
                    at += 4;
                    break;
            }
        }
    }

    private void Refer(Type from, MemberInfo used)
    {
        Refer(from, used as Type ?? used.DeclaringType);
        if (used is MethodInfo { IsGenericMethod: true } method)
        {
            foreach (var argument in method.GetGenericArguments())
            {
                Refer(from, argument);
            }
        }
    }

    private void Refer(Type from, Type? used)
    {
        if (used is null)
        {
            return;
        }
        foreach (var argument in used.IsGenericType ? used.GetGenericArguments() : [])
        {
            Refer(from, argument);
        }
        if (used.HasElementType)
        {
            Refer(from, used.GetElementType());
        }
        else if (used.Assembly == _assembly && used.Namespace is not null && !used.IsGenericParameter)
        {
            Add(from.Namespace!, used.Namespace, $"{Outermost(from).Name} uses {Outermost(used).Name}");
        }
    }

    private void Add(string from, string to, string why)
    {
        foreach (var folder in (ReadOnlySpan<string>)[from, to])
        {
            _references.TryAdd(folder, new(StringComparer.Ordinal));
        }
        if (from != to)
        {
            _references[from].TryAdd(to, why);
        }
    }

    private static Type Outermost(Type type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    [GeneratedRegex(@"^using (static )?(?<name>[\w.]+);", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Using();
}
