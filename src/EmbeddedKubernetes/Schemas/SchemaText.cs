namespace EmbeddedKubernetes.Schemas;

/// <summary>
/// Reads the compact notation of the built-in types. A line <c># group/version</c> opens a scope; <c>Type: fields</c>
/// declares a type (<c>@Type</c>: owned as a whole), lines that begin with a space continue it. A field is
/// <c>name:type</c>, where type is
/// <list type="bullet">
/// <item><c>s i l n b q x t B any</c>: string, int32, int64, number, boolean, quantity, int-or-string, time, bytes, anything;</item>
/// <item>a type name, <c>%Type</c> when a strategic merge retains keys;</item>
/// <item><c>{T}</c> a map, <c>@{T}</c> a map owned as a whole;</item>
/// <item><c>[a,b]T</c> a list with keys (strategic merge by the first), <c>[=a]T</c> the same without strategic merge,
/// <c>[~a]T</c> strategic merge only, <c>[*]T</c> a set, <c>[=*]T</c> a set without strategic merge, <c>[]T</c> atomic;</item>
/// </list>
/// followed by <c>!</c> (required), <c>=value</c> (default; <c>=o</c> is an empty object) and <c>(A|B)</c> (allowed values).
/// </summary>
internal sealed class SchemaText
{
    private readonly Dictionary<(string Scope, string Name), SchemaNode> _types = [];

    public SchemaText(params ReadOnlySpan<string> texts)
    {
        foreach (var text in texts)
        {
            Read(text);
        }
    }

    public IEnumerable<(string Scope, string Name, SchemaNode Node)> Types =>
        _types.Select(t => (t.Key.Scope, t.Key.Name, t.Value));

    /// <summary>Looks in the scope itself, then in core and meta.</summary>
    public SchemaNode? Find(string scope, string name) =>
        _types.TryGetValue((scope, name), out var node) ? node
        : _types.TryGetValue(("core/v1", name), out node) ? node
        : _types.TryGetValue(("meta/v1", name), out node) ? node
        : _types.GetValueOrDefault(("autoscaling/v1", name));

    private void Read(string text)
    {
        var scope = "";
        var declaration = "";
        var body = new List<string>();
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith(' '))
            {
                body.Add(line);
                continue;
            }
            Declare(scope, declaration, body);
            declaration = "";
            body = [];
            if (line.StartsWith("# ", StringComparison.Ordinal))
            {
                scope = line[2..].Trim();
            }
            else if (line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
            {
                declaration = line[..colon];
                body.Add(line[(colon + 1)..]);
            }
        }
        Declare(scope, declaration, body);
    }

    private void Declare(string scope, string declaration, List<string> body)
    {
        if (declaration.Length == 0)
        {
            return;
        }
        var atomic = declaration[0] == '@';
        var name = declaration.TrimStart('@');
        _types[(scope, name)] = new SchemaNode
        {
            Kind = SchemaKind.Object,
            TypeName = name,
            TypeGroup = scope,
            Atomic = atomic,
            LazyFields = () => WithKind(name, ReadFields(scope, body)),
        };
    }

    // Whatever has metadata is a kind, but for four templates.
    private static Dictionary<string, SchemaField> WithKind(string type, Dictionary<string, SchemaField> fields)
    {
        if (
            fields.ContainsKey("metadata")
            && type
                is not (
                    "PodTemplateSpec"
                    or "JobTemplateSpec"
                    or "PersistentVolumeClaimTemplate"
                    or "ResourceClaimTemplateSpec"
                )
        )
        {
            fields["apiVersion"] = new("apiVersion", new() { Kind = SchemaKind.String });
            fields["kind"] = new("kind", new() { Kind = SchemaKind.String });
        }
        return fields;
    }

    private Dictionary<string, SchemaField> ReadFields(string scope, List<string> body)
    {
        var fields = new Dictionary<string, SchemaField>(StringComparer.Ordinal);
        foreach (var line in body)
        {
            foreach (var token in line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                var colon = token.IndexOf(':', StringComparison.Ordinal);
                var name = token[..colon];
                fields[name] = ReadField(scope, name, token[(colon + 1)..]);
            }
        }
        return fields;
    }

    private SchemaField ReadField(string scope, string name, string text)
    {
        string[] allowed = [];
        if (text.EndsWith(')'))
        {
            var open = text.IndexOf('(', StringComparison.Ordinal);
            allowed = text[(open + 1)..^1].Split('|');
            text = text[..open];
        }
        string? standard = null;
        if (
            text.IndexOf('=', text.StartsWith('[') ? text.IndexOf(']', StringComparison.Ordinal) : 0) is >= 0 and var eq
        )
        {
            standard = text[(eq + 1)..];
            text = text[..eq];
        }
        var required = text.EndsWith('!');
        text = text.TrimEnd('!');
        var retain = text.Contains('%', StringComparison.Ordinal);
        var node = ReadType(scope, text.Replace("%", "", StringComparison.Ordinal), allowed);
        return new(name, node)
        {
            Required = required,
            RetainKeys = retain,
            Default = standard is null ? null : ReadDefault(node.Kind, standard),
        };
    }

    private SchemaNode ReadType(string scope, string text, string[] allowed)
    {
        if (text[0] == '[')
        {
            return ReadList(scope, text);
        }
        if (text[0] == '{' || text.StartsWith("@{", StringComparison.Ordinal))
        {
            return new()
            {
                Kind = SchemaKind.Map,
                Atomic = text[0] == '@',
                Items = ReadType(scope, text.TrimStart('@')[1..^1], []),
            };
        }
        return text switch
        {
            "s" => new() { Kind = SchemaKind.String, Enum = allowed },
            "i" => new() { Kind = SchemaKind.Integer, Format = "int32" },
            "l" => new() { Kind = SchemaKind.Integer, Format = "int64" },
            "n" => new() { Kind = SchemaKind.Number },
            "b" => new() { Kind = SchemaKind.Boolean },
            "q" => new() { Kind = SchemaKind.Quantity },
            "x" => new() { Kind = SchemaKind.IntOrString },
            "t" => new() { Kind = SchemaKind.Time },
            "B" => new() { Kind = SchemaKind.Bytes },
            "any" => SchemaNode.Anything,
            _ => Find(scope, text)
                ?? throw new InvalidOperationException($"The type {text} is not declared in {scope}."),
        };
    }

    private SchemaNode ReadList(string scope, string text)
    {
        var close = text.IndexOf(']', StringComparison.Ordinal);
        var keys = text[1..close];
        var items = ReadType(scope, text[(close + 1)..], []);
        var silent = keys.StartsWith('=');
        var patchOnly = keys.StartsWith('~');
        keys = keys.TrimStart('=', '~');
        var names = keys is "" or "*" ? [] : keys.Split(',');
        return new()
        {
            Kind = SchemaKind.List,
            Items = items,
            ListKind =
                keys == "*" ? ListKind.Set
                : names.Length == 0 || patchOnly ? ListKind.Atomic
                : ListKind.Map,
            Keys = patchOnly ? [] : names,
            PatchMerge = keys.Length > 0 && !silent,
            PatchKey = names.Length > 0 && !silent ? names[0] : null,
        };
    }

    private static JsonNode ReadDefault(SchemaKind kind, string text) =>
        (kind, text) switch
        {
            (SchemaKind.Object, _) => new JsonObject(),
            (SchemaKind.Boolean, _) => JsonValue.Create(text == "true"),
            (SchemaKind.Integer, _) => JsonValue.Create(long.Parse(text, CultureInfo.InvariantCulture)),
            _ => JsonValue.Create(text),
        };
}
