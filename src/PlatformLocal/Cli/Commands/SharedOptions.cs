using PlatformLocal.Platform.State;

namespace PlatformLocal.Cli.Commands;

/// <summary>Options that every command takes.</summary>
internal sealed class SharedOptions
{
    public Option<string> Name { get; } =
        new("--name")
        {
            Description = "The platform; several can run side by side. [env: PLATFORM_NAME]",
            DefaultValueFactory = _ => Variable("PLATFORM_NAME") ?? "local",
            HelpName = "PLATFORM",
            Recursive = true,
        };

    public Option<string> State { get; } =
        new("--state")
        {
            Description = "The folder of all platforms' state. [env: PLATFORM_STATE]",
            DefaultValueFactory = _ => StateFolder.DefaultRoot,
            HelpName = "FOLDER",
            Recursive = true,
        };

    public Option<string?> Workspace { get; } =
        new("--workspace")
        {
            Description =
                "The folder with platform.yaml; otherwise the one that the platform was made with, or the nearest "
                + "above the file or the current folder. [env: PLATFORM_WORKSPACE]",
            HelpName = "FOLDER",
            Recursive = true,
        };

    public Option<string> Output { get; } =
        new Option<string>("--output", "-o")
        {
            Description = "How results are written: text for people, json for programs.",
            DefaultValueFactory = _ => "text",
            Recursive = true,
        }.AcceptOnlyFromAmong("text", "json");

    public Option<bool> Debug { get; } =
        new("--debug") { Description = "Show where a failure came from.", Recursive = true };

    /// <summary>What commands take that ask before they destroy.</summary>
    public static Option<bool> NewYes() => new("--yes", "-y") { Description = "Remove it without asking." };

    /// <summary>The options of a list that somebody gave, each with its value.</summary>
    public static IReadOnlyList<string> Given(ParseResult parsed, params IEnumerable<Option> options) =>
        [
            .. options.SelectMany(o =>
                parsed.GetResult(o) is { Implicit: false } given && given.GetValueOrDefault<string?>() is { } value
                    ? (string[])[o.Name, value]
                    : []
            ),
        ];

    /// <summary>Whether results are wanted as JSON, also where something else on the command line is wrong.</summary>
    public bool IsJson(ParseResult parsed) => parsed.GetResult(Output) is { Tokens: [.., { Value: "json" }] };

    public void AddTo(Command root)
    {
        foreach (var option in new Option[] { Name, State, Workspace, Output, Debug })
        {
            root.Options.Add(option);
        }
    }

    public static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
