namespace PlatformLocal.Deployment.Manifests;

/// <summary>
/// Fills in variables by the syntax of Flux's post-build substitution: <c>${NAME}</c>, <c>${NAME:=default}</c> (also
/// <c>:-</c>), and <c>$${literal}</c> for a literal <c>${literal}</c>. What is none of this, and names that nothing sets,
/// stay as they are: they belong to the shells and programs that the text is for.
/// </summary>
/// <param name="variables">Their values by name.</param>
public sealed class Substitution(IReadOnlyDictionary<string, string> variables)
{
    // The most that values may add to the texts of one service: what a person writes stays far below it.
    private const long MaximumAdded = 16 * 1024 * 1024;

    private readonly SortedSet<string> _unset = new(StringComparer.Ordinal);
    private long _added;

    /// <summary>Names that were used like variables, without a default, and that nothing sets.</summary>
    public IReadOnlyCollection<string> Unset => _unset;

    /// <summary>Fills in a scalar of a file.</summary>
    /// <param name="scalar">The scalar.</param>
    /// <exception cref="YamlScalarException">A variable is used in a form that is not supported, or does not end.</exception>
    public YamlScalar Apply(YamlScalar scalar) => scalar with { Text = Apply(scalar.Text) };

    /// <summary>Fills in a text, in a time that grows with its length alone.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="YamlScalarException">A variable is used in a form that is not supported, or does not end.</exception>
    public string Apply(string text)
    {
        if (!text.Contains("${", StringComparison.Ordinal))
        {
            return text;
        }

        var ends = EndsOf(text);
        var result = new StringBuilder(text.Length);
        // The ends of expressions whose default is being filled in.
        var defaults = new Stack<int>();
        var done = 0;
        while (text.AsSpan(done).IndexOfAny('$', '}') is >= 0 and var ahead)
        {
            var i = done + ahead;
            result.Append(text, done, ahead);
            if (ends.TryGetValue(i, out var end))
            {
                done = Fill(text, i, end, result, defaults);
            }
            else if (ends.TryGetValue(i + 1, out end) && text[i] == '$')
            {
                // The literal ends with its brace; without one it is the opening alone.
                done = end < 0 ? i + 3 : end + 1;
                result.Append(text, i + 1, done - i - 1);
            }
            else if (defaults.TryPeek(out end) && i == end)
            {
                defaults.Pop();
                done = i + 1;
            }
            else
            {
                result.Append(text[i]);
                done = i + 1;
            }
        }

        result.Append(text, done, text.Length - done);

        return result.ToString();
    }

    /// <summary>Fills in one expression, or what of it can be.</summary>
    /// <returns>Where the rest of the text begins.</returns>
    private int Fill(string text, int at, int end, StringBuilder result, Stack<int> defaults)
    {
        var from = at + 2;
        var to = from;
        while (to < text.Length && (char.IsAsciiLetterOrDigit(text[to]) || text[to] == '_'))
        {
            to++;
        }

        var name = text[from..to];
        var hasDefault = end >= to + 2 && text[to] == ':' && text[to + 1] is '=' or '-';
        var isName = name.Length > 0 && !char.IsAsciiDigit(name[0]);
        if (variables.TryGetValue(name, out var value))
        {
            if (end < 0 || (end != to && !hasDefault))
            {
                throw Refuse(text, at, name, end);
            }

            if (value.Length > 0 || !hasDefault)
            {
                _added += value.Length;
                result.Append(
                    _added <= MaximumAdded
                        ? value
                        : throw new YamlScalarException("variables make the manifests larger than 16 MiB", at)
                );
                return end + 1;
            }
        }

        if (isName && hasDefault)
        {
            defaults.Push(end);
            return to + 2;
        }

        if (isName && end == to)
        {
            _unset.Add(name);
        }

        result.Append("${");
        return from;
    }

    private static YamlScalarException Refuse(string text, int at, string name, int end)
    {
        const int shown = 40;
        var written = text.AsSpan(
            at,
            Math.Min(end < 0 ? int.MaxValue : end + 1 - at, Math.Min(shown, text.Length - at))
        );
        var fault = end < 0 ? "has no closing brace" : "is a form that is not supported";
        return new YamlScalarException(
            $"'{written}' {fault}, and {name} is a variable of the platform or of the claim: write ${{{name}}} or "
                + $"${{{name}:=default}}, or $${{…}} to have it as it is; the annotation {SubstitutionSwitch.Name}: "
                + $"{SubstitutionSwitch.Off} on the object, or spec.{SubstitutionSwitch.Field}: {SubstitutionSwitch.Off} "
                + "in service.yaml, leaves substitution out",
            at
        );
    }

    /// <summary>Where each <c>${</c> ends: at its brace, or nowhere (-1).</summary>
    private static Dictionary<int, int> EndsOf(string text)
    {
        var ends = new Dictionary<int, int>();
        var open = new Stack<int>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '$' && i + 1 < text.Length && text[i + 1] == '{')
            {
                open.Push(i);
                ends[i++] = -1;
            }
            else if (text[i] == '}' && open.TryPop(out var start))
            {
                ends[start] = i;
            }
        }

        return ends;
    }
}
