namespace PlatformLocal.Deployment.Manifests;

/// <summary>
/// Fills in variables by the syntax of Flux's post-build substitution: <c>${NAME}</c>, <c>${NAME:=default}</c> (also
/// <c>:-</c>), and <c>$${literal}</c> for a literal <c>${literal}</c>. What nothing sets becomes empty.
/// </summary>
/// <param name="variables">Their values by name.</param>
public sealed class Substitution(IReadOnlyDictionary<string, string> variables)
{
    private readonly SortedSet<string> _unset = new(StringComparer.Ordinal);

    /// <summary>Variables that were used without a default and that nothing sets.</summary>
    public IReadOnlyCollection<string> Unset => _unset;

    /// <exception cref="FormatException">An expression is of a form that is not supported, or does not end.</exception>
    public string Apply(string text)
    {
        var start = text.IndexOf("${", StringComparison.Ordinal);
        if (start < 0)
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        var done = 0;
        while (start >= 0)
        {
            var end = EndOf(text, start + 2);
            if (start > 0 && text[start - 1] == '$')
            {
                result.Append(text, done, start - 1 - done).Append(text, start, end + 1 - start);
            }
            else
            {
                result.Append(text, done, start - done).Append(ValueOf(text[(start + 2)..end]));
            }

            done = end + 1;
            start = text.IndexOf("${", done, StringComparison.Ordinal);
        }

        return result.Append(text, done, text.Length - done).ToString();
    }

    private string ValueOf(string expression)
    {
        var length = 0;
        while (
            length < expression.Length && (char.IsAsciiLetterOrDigit(expression[length]) || expression[length] == '_')
        )
        {
            length++;
        }

        var name = expression[..length];
        var rest = expression[length..];
        var hasDefault =
            rest.StartsWith(":=", StringComparison.Ordinal) || rest.StartsWith(":-", StringComparison.Ordinal);
        if (length == 0 || char.IsAsciiDigit(name[0]) || (rest.Length > 0 && !hasDefault))
        {
            throw new FormatException(
                $"'${{{expression}}}' is not supported: write ${{NAME}} or ${{NAME:=default}}, and $${{…}} for a literal"
            );
        }

        if (variables.TryGetValue(name, out var value) && (value.Length > 0 || !hasDefault))
        {
            return value;
        }

        if (hasDefault)
        {
            return Apply(rest[2..]);
        }

        _unset.Add(name);
        return "";
    }

    private static int EndOf(string text, int from)
    {
        var depth = 1;
        for (var i = from; i < text.Length; i++)
        {
            if (text[i] == '{' && text[i - 1] == '$')
            {
                depth++;
            }
            else if (text[i] == '}' && --depth == 0)
            {
                return i;
            }
        }

        throw new FormatException($"'{text[(from - 2)..Math.Min(text.Length, from + 20)]}' has no closing brace");
    }
}
