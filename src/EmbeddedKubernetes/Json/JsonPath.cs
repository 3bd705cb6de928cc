namespace EmbeddedKubernetes.Json;

/// <summary>
/// The part of JSONPath that definitions use: <c>.a.b</c>, <c>['c.d']</c>, <c>[0]</c>, <c>[*]</c> and filters of the form
/// <c>[?(@.type=="Ready")]</c>.
/// </summary>
internal sealed class JsonPath
{
    private readonly List<Step> _steps = [];

    private abstract record Step;

    private sealed record FieldStep(string Name) : Step;

    private sealed record IndexStep(int Index) : Step;

    private sealed record AllStep : Step;

    private sealed record FilterStep(JsonPath Path, string Wanted) : Step;

    /// <summary>Reads a path; whatever it does not understand matches nothing.</summary>
    public static JsonPath Parse(string text)
    {
        var path = new JsonPath();
        text = text.Trim().TrimStart('$', '@');
        var at = 0;
        while (at < text.Length)
        {
            if (text[at] == '[')
            {
                var end = Closing(text, at);
                path._steps.Add(Bracket(text[(at + 1)..end].Trim()));
                at = end + 1;
                continue;
            }
            if (text[at] == '.')
            {
                at++;
            }
            var name = new System.Text.StringBuilder();
            while (at < text.Length && text[at] is not ('.' or '['))
            {
                // A backslash keeps a dot inside a name.
                if (text[at] == '\\' && at + 1 < text.Length)
                {
                    at++;
                }
                name.Append(text[at++]);
            }
            if (name.Length > 0)
            {
                path._steps.Add(new FieldStep(name.ToString()));
            }
        }
        return path;
    }

    public JsonNode? First(JsonNode? root) => Find(root, 0).FirstOrDefault(n => n is not null);

    /// <summary>Sets the value at a path of plain fields.</summary>
    public void Set(JsonObject root, JsonNode? value)
    {
        for (var i = 0; i < _steps.Count - 1; i++)
        {
            if (_steps[i] is not FieldStep field)
            {
                return;
            }
            root = root.Child(field.Name);
        }
        if (_steps.Count > 0 && _steps[^1] is FieldStep last)
        {
            root[last.Name] = value;
        }
    }

    private IEnumerable<JsonNode?> Find(JsonNode? at, int step)
    {
        if (step == _steps.Count)
        {
            return [at];
        }
        return _steps[step] switch
        {
            FieldStep field => at is JsonObject o && o.TryGetPropertyValue(field.Name, out var member)
                ? Find(member, step + 1)
                : [],
            IndexStep index => at is JsonArray a && index.Index < a.Count ? Find(a[index.Index], step + 1) : [],
            AllStep => at is JsonArray all ? all.SelectMany(i => Find(i, step + 1)) : [],
            FilterStep filter => at is JsonArray items
                ? items
                    .Where(i => filter.Path.First(i) is { } v && (v.AsString() ?? v.Text()) == filter.Wanted)
                    .SelectMany(i => Find(i, step + 1))
                : [],
            _ => [],
        };
    }

    private static int Closing(string text, int open)
    {
        var depth = 0;
        for (var i = open; i < text.Length; i++)
        {
            if (text[i] == '[')
            {
                depth++;
            }
            else if (text[i] == ']' && --depth == 0)
            {
                return i;
            }
        }
        return text.Length;
    }

    private static Step Bracket(string inner)
    {
        if (inner == "*")
        {
            return new AllStep();
        }
        if (int.TryParse(inner, out var index) && index >= 0)
        {
            return new IndexStep(index);
        }
        if (inner.StartsWith("?(", StringComparison.Ordinal) && inner.EndsWith(')'))
        {
            var condition = inner[2..^1];
            var sign = condition.IndexOf("==", StringComparison.Ordinal);
            return sign < 0
                ? new FieldStep("")
                : new FilterStep(Parse(condition[..sign].Trim()), condition[(sign + 2)..].Trim().Trim('"', '\''));
        }
        return new FieldStep(inner.Trim('\'', '"'));
    }
}
