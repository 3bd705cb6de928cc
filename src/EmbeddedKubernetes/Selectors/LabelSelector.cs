namespace EmbeddedKubernetes.Selectors;

/// <summary>Which labels an object must have, from a query or from a <c>LabelSelector</c> value.</summary>
internal sealed class LabelSelector
{
    private readonly List<Requirement> _requirements = [];

    public static LabelSelector Nothing { get; } = new() { _requirements = { new("", "Exists", []) } };

    public bool IsEverything => _requirements.Count == 0;

    public bool Matches(Dictionary<string, string> labels)
    {
        foreach (var requirement in _requirements)
        {
            if (!requirement.Matches(labels))
            {
                return false;
            }
        }
        return true;
    }

    public bool Matches(JsonObject? labels) =>
        Matches((labels ?? []).ToDictionary(l => l.Key, l => l.Value.AsString() ?? "", StringComparer.Ordinal));

    /// <summary>Parses the query form: <c>a=b,c!=d,e in (f,g),h notin (i),j,!k,n&gt;1</c>.</summary>
    /// <exception cref="FormatException">The text is no selector.</exception>
    public static LabelSelector Parse(string? text)
    {
        var selector = new LabelSelector();
        if (string.IsNullOrWhiteSpace(text))
        {
            return selector;
        }
        foreach (var part in SplitOutsideParentheses(text))
        {
            selector._requirements.Add(ParseRequirement(part.Trim()));
        }
        return selector;
    }

    /// <summary>Reads a <c>LabelSelector</c> object; null selects nothing, an empty one everything.</summary>
    public static LabelSelector? From(JsonObject? value)
    {
        if (value is null)
        {
            return null;
        }
        var selector = new LabelSelector();
        foreach (var (key, label) in value.Obj("matchLabels") ?? [])
        {
            selector._requirements.Add(new(key, "In", [label.AsString() ?? ""]));
        }
        foreach (var expression in value.Arr("matchExpressions").Objects())
        {
            selector._requirements.Add(
                new(
                    expression.Str("key") ?? "",
                    expression.Str("operator") ?? "",
                    [.. (expression.Arr("values") ?? []).Select(v => v.AsString() ?? "")]
                )
            );
        }
        return selector;
    }

    /// <summary>A plain map of labels, as services use; null or empty selects nothing.</summary>
    public static LabelSelector? FromMap(JsonObject? map) =>
        map is null or { Count: 0 } ? null : From(new JsonObject { ["matchLabels"] = map.DeepClone() });

    /// <summary>The query form.</summary>
    public override string ToString() => string.Join(',', _requirements);

    private static Requirement ParseRequirement(string text)
    {
        if (text.StartsWith('!'))
        {
            return new(Key(text[1..]), "DoesNotExist", []);
        }
        if (text.EndsWith(')') && text.IndexOf('(', StringComparison.Ordinal) is > 0 and var open)
        {
            var head = text[..open].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var values = text[(open + 1)..^1].Split(',', StringSplitOptions.TrimEntries);
            return head switch
            {
                [var key, "in"] => new(Key(key), "In", values),
                [var key, "notin"] => new(Key(key), "NotIn", values),
                _ => throw new FormatException($"unable to parse requirement: {text}"),
            };
        }
        foreach (
            var (sign, meaning) in (ReadOnlySpan<(string, string)>)
                [("!=", "NotIn"), ("==", "In"), ("=", "In"), (">", "Gt"), ("<", "Lt")]
        )
        {
            if (text.IndexOf(sign, StringComparison.Ordinal) is > 0 and var at)
            {
                var value = text[(at + sign.Length)..].Trim();
                if (HasSyntax(value))
                {
                    break;
                }
                return new(Key(text[..at]), meaning, [value]);
            }
        }
        return new(Key(text), "Exists", []);
    }

    private static string Key(string text)
    {
        text = text.Trim();
        return text.Length > 0 && !HasSyntax(text)
            ? text
            : throw new FormatException($"unable to parse requirement: found '{text}', expected: identifier");
    }

    private static bool HasSyntax(string text) => text.Any(c => c is '=' or '!' or '<' or '>' or '(' or ')' or ' ');

    private static IEnumerable<string> SplitOutsideParentheses(string text)
    {
        var (depth, start) = (0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '(':
                    depth++;
                    break;
                case ')':
                    depth--;
                    break;
                case ',' when depth == 0:
                    yield return text[start..i];
                    start = i + 1;
                    break;
            }
        }
        yield return text[start..];
    }

    private sealed record Requirement(string Key, string Operator, string[] Values)
    {
        public bool Matches(Dictionary<string, string> labels)
        {
            var has = labels.TryGetValue(Key, out var value);
            return Operator switch
            {
                "In" => has && Values.Contains(value, StringComparer.Ordinal),
                "NotIn" => !has || !Values.Contains(value, StringComparer.Ordinal),
                "Exists" => has,
                "DoesNotExist" => !has,
                "Gt" => has && Number(value) > Number(Values[0]),
                "Lt" => has && Number(value) < Number(Values[0]),
                _ => false,
            };
        }

        public override string ToString() =>
            Operator switch
            {
                "In" when Values.Length == 1 => $"{Key}={Values[0]}",
                "In" => $"{Key} in ({string.Join(',', Values)})",
                "NotIn" => $"{Key} notin ({string.Join(',', Values)})",
                "DoesNotExist" => "!" + Key,
                _ => Key,
            };

        private static double Number(string? text) =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var n) ? n : double.NaN;
    }
}
