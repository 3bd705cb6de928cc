using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace PlatformLocal.Cli;

/// <summary>
/// Commands and options that there are not. The parser takes a wrong option for an argument where the command has one, and
/// then complains of what comes after it.
/// </summary>
internal static class UnknownWords
{
    /// <summary>What is wrong, as whole sentences; none when help or completions are asked for.</summary>
    public static IReadOnlyList<string> In(ParseResult parsed)
    {
        if (parsed.Action is not (ParseErrorAction or AsynchronousCommandLineAction))
        {
            return [];
        }

        var command = parsed.CommandResult.Command;
        if (command is RootCommand && parsed.UnmatchedTokens.FirstOrDefault(t => !IsOption(t)) is { } unknown)
        {
            return [$"There is no command '{unknown}'.{Meant(unknown, command.Subcommands.Select(c => c.Name))}"];
        }

        var options = parsed
            .RootCommandResult.Command.Options.Where(o => o.Recursive)
            .Concat(command.Options)
            .SelectMany(o => o.Aliases.Prepend(o.Name))
            .Where(n => n.StartsWith("--", StringComparison.Ordinal))
            .ToList();
        return
        [
            .. parsed
                .CommandResult.Children.OfType<ArgumentResult>()
                .SelectMany(a => a.Tokens)
                .Where(t => !parsed.Tokens.Any(IsEnd))
                .Select(t => t.Value)
                .Concat(parsed.UnmatchedTokens)
                .Where(IsOption)
                .Select(t => t.Split('=')[0])
                .Distinct(StringComparer.Ordinal)
                .Select(name => $"There is no option '{name}'.{Meant(name, options)}"),
        ];
    }

    private static bool IsEnd(Token token) => token.Type == TokenType.DoubleDash;

    private static bool IsOption(string word) => word.Length > 1 && word[0] == '-';

    private static string Meant(string name, IEnumerable<string> names) =>
        Nearest.To(name, names) is { Count: > 0 } near ? $" Did you mean {string.Join(" or ", near)}?" : "";
}
