namespace PlatformLocal.Deployment.Ansible;

/// <summary>Writes variables so that Ansible takes every text as it stands.</summary>
/// <remarks>
/// Claims are written by people who may not run programs here, and Ansible would evaluate <c>{{ lookup('pipe', …) }}</c> in
/// a variable. The tag <c>!unsafe</c> forbids it.
/// </remarks>
internal static class UnsafeVariables
{
    public static byte[] Write(JsonObject variables)
    {
        var text = new StringBuilder();
        Write(variables, text);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void Write(JsonNode? node, StringBuilder text)
    {
        switch (node)
        {
            case JsonObject map:
                text.Append('{');
                foreach (var (name, value) in map)
                {
                    text.Append(Quote(name)).Append(": ");
                    Write(value, text);
                    text.Append(", ");
                }

                text.Append('}');
                break;
            case JsonArray list:
                text.Append('[');
                foreach (var element in list)
                {
                    Write(element, text);
                    text.Append(", ");
                }

                text.Append(']');
                break;
            case JsonValue value when value.TryGetValue(out string? plain):
                text.Append("!unsafe ").Append(Quote(plain));
                break;
            default:
                text.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }

    /// <summary>A double-quoted scalar of YAML, which knows no pairs of surrogates as JSON does.</summary>
    private static string Quote(string plain)
    {
        var text = new StringBuilder("\"");
        foreach (Rune rune in plain.EnumerateRunes())
        {
            _ =
                rune.Value is '"' or '\\' ? text.Append('\\').Append(rune)
                : Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                || rune.Value is 0x2028 or 0x2029 or 0xFFFE or 0xFFFF
                    ? text.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:X8}")
                : text.Append(rune);
        }

        return text.Append('"').ToString();
    }
}
