using System.Text.RegularExpressions;

namespace PlatformLocal.Core.Documents;

/// <summary>
/// What scalars stand for by the rules of kubectl: those of YAML 1.1 without its sexagesimal numbers and timestamps. <c>y</c>
/// and <c>on</c> are true, <c>0644</c> is octal, <c>1_000</c> is a number.
/// </summary>
/// <remarks>https://pkg.go.dev/sigs.k8s.io/yaml, which reads by goyaml.v2</remarks>
internal static partial class YamlScalars
{
    /// <summary>The value of a scalar that is neither quoted nor tagged.</summary>
    /// <exception cref="FormatException">It is a number that JSON does not have.</exception>
    public static JsonValue? Plain(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "y" or "Y":
                return JsonValue.Create(true);
            case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "n" or "N":
                return JsonValue.Create(false);
        }

        var first = text[0];
        if (!char.IsAsciiDigit(first) && first is not ('-' or '+' or '.'))
        {
            return JsonValue.Create(text);
        }

        // Anywhere, but after a leading point only between digits.
        var digits = first == '.' && LooseUnderscore().IsMatch(text) ? text : text.Replace("_", "");
        if (digits.Length > 0 && Integer(digits) is { } integer)
        {
            return integer;
        }

        if (Decimal().IsMatch(digits))
        {
            // Too large a one is a text, and minus zero is zero.
            var number = double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture);
            return double.IsFinite(number) ? JsonValue.Create(number + 0.0) : JsonValue.Create(text);
        }

        return NotFinite().IsMatch(text)
            ? throw new FormatException($"{text} is a number that JSON does not have; quote it to have it as a text")
            : JsonValue.Create(text);
    }

    /// <summary>The value of a scalar with a tag, however it is quoted.</summary>
    /// <exception cref="FormatException">The text is not of the type that the tag names.</exception>
    public static JsonValue? Tagged(string tag, string text)
    {
        const string prefix = "tag:yaml.org,2002:";
        var type = tag.StartsWith(prefix, StringComparison.Ordinal) ? tag[prefix.Length..] : tag.TrimStart('!');
        switch (type)
        {
            case "binary":
                return JsonValue.Create(Encoding.UTF8.GetString(Convert.FromBase64String(text)));
            case "int" or "float" or "bool" or "null":
                var value = Plain(text);
                var fits = value?.GetValueKind() switch
                {
                    null => type == "null",
                    JsonValueKind.Number => type is "int" or "float",
                    JsonValueKind.True or JsonValueKind.False => type == "bool",
                    _ => false,
                };
                return fits ? value : throw new FormatException($"'{text}' is no {type}, as its tag says");
            default:
                return JsonValue.Create(text);
        }
    }

    /// <summary>A key that is no text as kubectl writes it; <see langword="null"/> when it refuses such a key.</summary>
    public static string? KeyOf(JsonValue? key) =>
        key?.GetValueKind() switch
        {
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            JsonValueKind.Number when key.TryGetValue(out long integer) => integer.ToString(
                CultureInfo.InvariantCulture
            ),
            // As single precision, and only those that are written without an exponent.
            JsonValueKind.Number
                when (float)key.GetValue<double>() is var real && Math.Abs(real) is 0 or (>= 1e-4f and < 1e6f) =>
                real.ToString(CultureInfo.InvariantCulture),
            _ => null,
        };

    private static JsonValue? Integer(string text)
    {
        var isNegative = text[0] == '-';
        var body = text[0] is '-' or '+' ? text.AsSpan(1) : text;
        var (radix, mark) = body switch
        {
            ['0', 'x' or 'X', ..] => (16u, 2),
            ['0', 'b' or 'B', ..] => (2u, 2),
            ['0', 'o' or 'O', ..] => (8u, 2),
            ['0', >= '0' and <= '9', ..] => (8u, 1),
            _ => (10u, 0),
        };
        body = body[mark..];

        // Binary numbers may have their sign after the mark.
        if (text.StartsWith("0b", StringComparison.Ordinal) && body is ['-' or '+', ..])
        {
            isNegative = body[0] == '-';
            body = body[1..];
        }

        if (body.IsEmpty)
        {
            return null;
        }

        UInt128 value = 0;
        foreach (var c in body)
        {
            var digit = (uint)(
                char.IsAsciiDigit(c) ? c - '0'
                : char.IsAsciiHexDigit(c) ? (c | 0x20) - 'a' + 10
                : 99
            );
            if (digit >= radix || (value = (value * radix) + digit) > ulong.MaxValue)
            {
                return null; // no integer of 64 bits: it stays what it looks like otherwise
            }
        }

        return isNegative
            ? value <= 1UL << 63
                ? JsonValue.Create((long)(-(Int128)value))
                : null
            : value <= long.MaxValue
                ? JsonValue.Create((long)value)
                : JsonValue.Create((double)value);
    }

    [GeneratedRegex("(^|[^0-9])_|_([^0-9]|$)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LooseUnderscore();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Decimal();

    [GeneratedRegex(@"^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NotFinite();
}
