using System.Buffers;

namespace PlatformLocal.Core.Text;

/// <summary>Commands in messages: a POSIX shell reads exactly the words that were put in.</summary>
/// <remarks>
/// A message has a command at the end of a line, behind a colon or alone. Heads know where it begins by that, and add what
/// depends on them: which platform is meant, and whose kubeconfig.
/// </remarks>
public static class ShellCommand
{
    private static readonly SearchValues<char> s_plain = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@,+%"
    );

    /// <summary>A command.</summary>
    /// <param name="words">The program and its arguments, as the program is to get them.</param>
    public static string Of(params IEnumerable<string> words) => string.Join(' ', words.Select(Quote));

    /// <summary>A command of this program; the head adds which platform is meant.</summary>
    /// <param name="arguments">The command's name, its arguments and options.</param>
    public static string Platformctl(params IEnumerable<string> arguments) => Of(["platformctl", .. arguments]);

    /// <summary>A command of kubectl for the cluster that the message is about; the head adds its kubeconfig.</summary>
    /// <param name="targetNamespace">The namespace; <see langword="null"/> for what is in none.</param>
    /// <param name="arguments">The verb, its arguments and options.</param>
    public static string Kubectl(string? targetNamespace, params IEnumerable<string> arguments) =>
        Of(["kubectl", .. targetNamespace is null ? Array.Empty<string>() : ["-n", targetNamespace], .. arguments]);

    /// <summary>A word as a shell reads it back.</summary>
    public static string Quote(string word) =>
        word.Length > 0 && !word.AsSpan().ContainsAnyExcept(s_plain)
            ? word
            : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    /// <summary>The words of a command, as a shell reads quotes and backslashes. What it would expand stays as it is.</summary>
    /// <returns>The words; <see langword="null"/> when a quote is not closed.</returns>
    public static IReadOnlyList<string>? Split(string command)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var (isWord, quote) = (false, '\0');
        for (var i = 0; i < command.Length; i++)
        {
            var c = command[i];
            if (c == '\\' && quote != '\'' && i + 1 < command.Length)
            {
                word.Append(command[++i]);
                isWord = true;
            }
            else if (quote == '\0' ? c is '\'' or '"' : c == quote)
            {
                quote = quote == '\0' ? c : '\0';
                isWord = true;
            }
            else if (quote == '\0' && c == ' ')
            {
                Flush();
            }
            else
            {
                word.Append(c);
                isWord = true;
            }
        }

        Flush();
        return quote == '\0' ? words : null;

        void Flush()
        {
            if (isWord)
            {
                words.Add(word.ToString());
            }

            word.Clear();
            isWord = false;
        }
    }
}
