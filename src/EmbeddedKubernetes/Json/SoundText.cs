using System.Buffers.Text;
using System.Text.Unicode;

namespace EmbeddedKubernetes.Json;

/// <summary>
/// Makes every text of a JSON document readable: halves of surrogate pairs and bytes that are no UTF-8 become U+FFFD, as
/// Go's <c>encoding/json</c> has it. Such texts pass the parser and fail whoever reads them later.
/// </summary>
internal static class SoundText
{
    private const int EscapeLength = 6; // \u1234

    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
        {
            json = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json));
        }
        return json.IndexOf("\\ud"u8) < 0 && json.IndexOf("\\uD"u8) < 0 ? json : ReplaceHalves(json.ToArray());
    }

    private static byte[] ReplaceHalves(byte[] json)
    {
        for (var at = 0; at < json.Length; )
        {
            var next = json.AsSpan(at).IndexOf((byte)'\\');
            if (next < 0)
            {
                break;
            }
            at += next;
            var first = Escaped(json.AsSpan(at));
            if (first is null)
            {
                at += 2;
                continue;
            }
            if (
                char.IsHighSurrogate(first.Value)
                && Escaped(json.AsSpan(at + EscapeLength)) is { } second
                && char.IsLowSurrogate(second)
            )
            {
                at += 2 * EscapeLength;
                continue;
            }
            if (char.IsSurrogate(first.Value))
            {
                "\\ufffd"u8.CopyTo(json.AsSpan(at));
            }
            at += EscapeLength;
        }
        return json;
    }

    /// <summary>The character that an escape at the beginning stands for.</summary>
    private static char? Escaped(ReadOnlySpan<byte> text) =>
        text.Length >= EscapeLength
        && text.StartsWith("\\u"u8)
        && Utf8Parser.TryParse(text[2..EscapeLength], out ushort code, out var read, 'x')
        && read == EscapeLength - 2
            ? (char)code
            : null;
}
