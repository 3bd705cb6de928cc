using PlatformLocal.Platform.Operations;
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

    public void AddTo(Command root)
    {
        root.Options.Add(Name);
        root.Options.Add(State);
        root.Options.Add(Workspace);
        root.Options.Add(Output);
        root.Options.Add(Debug);
    }

    /// <summary>What commands work with.</summary>
    public Composition Parts { get; } = new();

    public StateFolder StateOf(ParseResult parsed) =>
        Composition.State(parsed.GetValue(State)!, parsed.GetValue(Name)!);

    public LocalPlatform PlatformOf(ParseResult parsed) => Parts.Platform(StateOf(parsed));

    /// <summary>The workspace: asked for, else above the file, else above the current folder, else as it was made.</summary>
    public string? WorkspaceOf(ParseResult parsed, string? file = null) =>
        parsed.GetValue(Workspace)
        ?? Variable("PLATFORM_WORKSPACE")
        ?? (file is null ? null : Deployment.Workspaces.Workspace.Find(file))
        ?? (StateOf(parsed).ReadSettings() is null ? NearbyWorkspace() : null);

    private static string? NearbyWorkspace() =>
        Deployment.Workspaces.Workspace.Find(Directory.GetCurrentDirectory()) ?? Variable("PLATFORM_DEFAULT_WORKSPACE");

    public static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
