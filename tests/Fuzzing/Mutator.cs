using System.Text;

namespace PlatformLocal.Fuzzing;

/// <summary>Makes inputs that nobody meant of some that somebody did; the same number gives the same input.</summary>
internal static class Mutator
{
    private static readonly string[] s_pieces =
    [
        "[",
        "]",
        "{",
        "}",
        "\"",
        "'",
        "\\",
        "\\ud800",
        "\\u0000",
        "%ff",
        "%00",
        "%2e%2e",
        "\0",
        "\u001b[31m",
        "null",
        "true",
        "-1",
        "-0",
        "1e999",
        "99999999999999999999999",
        "9223372036854775807",
        "&a ",
        "*a",
        "<<: ",
        "!!str ",
        "!<>",
        "? ",
        "- ",
        ": ",
        "---\n",
        "%YAML 9.9\n",
        "\t",
        "\r",
        "\u2028",
        "${",
        "${:=}",
        "||",
        ">=",
        "~",
        "..",
        "/",
        "//",
        "@",
        "#",
        "\ufeff",
        "😀",
    ];

    /// <param name="seeds">What is well.</param>
    /// <param name="number">Which input.</param>
    public static byte[] Make(IReadOnlyList<byte[]> seeds, int number)
    {
        var random = new Random(number);
        var input = new List<byte>(seeds[random.Next(seeds.Count)]);
        for (var changes = random.Next(1, 6); changes > 0; changes--)
        {
            Change(input, seeds, random);
        }

        return [.. input];
    }

    private static void Change(List<byte> input, IReadOnlyList<byte[]> seeds, Random random)
    {
        var at = random.Next(input.Count + 1);
        var length = Math.Min(random.Next(1, 1 << random.Next(1, 7)), input.Count - at);
        switch (random.Next(9))
        {
            case 0 when at < input.Count:
                input[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                input.RemoveRange(at, length);
                break;
            case 2:
                input.InsertRange(random.Next(input.Count + 1), input.GetRange(at, length));
                break;
            case 3:
                var other = seeds[random.Next(seeds.Count)];
                var from = random.Next(other.Length + 1);
                input.InsertRange(at, other[from..Math.Min(other.Length, from + random.Next(1, 40))]);
                break;
            case 4:
                input.RemoveRange(at, input.Count - at);
                break;
            case 5:
                var piece = Encoding.UTF8.GetBytes(s_pieces[random.Next(s_pieces.Length)]);
                for (var times = random.Next(20) == 0 ? random.Next(1, 3000) : 1; times > 0; times--)
                {
                    input.InsertRange(at, piece);
                }

                break;
            case 6:
                Replace(input, random);
                break;
            default:
                input.InsertRange(at, Encoding.UTF8.GetBytes(s_pieces[random.Next(s_pieces.Length)]));
                break;
        }
    }

    /// <summary>Puts another value in the place of one.</summary>
    private static void Replace(List<byte> input, Random random)
    {
        string[] values =
        [
            "null",
            "1",
            "-1",
            "1.5",
            "\"\"",
            "\"x\"",
            "[]",
            "{}",
            "[1]",
            "{\"a\":1}",
            "true",
            "[[]]",
            "\"\\ud800\"",
        ];
        var colons = Enumerable.Range(0, input.Count).Where(i => input[i] == ':').ToList();
        if (colons.Count == 0)
        {
            return;
        }

        var from = colons[random.Next(colons.Count)] + 1;
        var end = from;
        var depth = 0;
        while (
            end < input.Count && (depth > 0 || input[end] is not ((byte)',' or (byte)'}' or (byte)']' or (byte)'\n'))
        )
        {
            depth +=
                input[end] is (byte)'{' or (byte)'[' ? 1
                : input[end] is (byte)'}' or (byte)']' ? -1
                : 0;
            end++;
        }

        input.RemoveRange(from, end - from);
        input.InsertRange(from, Encoding.UTF8.GetBytes(values[random.Next(values.Length)]));
    }
}
