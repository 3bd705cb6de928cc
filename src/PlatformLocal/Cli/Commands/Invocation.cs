using PlatformLocal.Cli.Rendering;
using PlatformLocal.Platform.Operations;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Cli.Commands;

/// <summary>One call of a command: what it was given, and what it works with.</summary>
internal sealed class Invocation(SharedOptions shared, ParseResult parsed)
{
    private StateFolder? _state;

    public ParseResult Parsed => parsed;

    public Terminal Terminal { get; } = new(shared.IsJson(parsed));

    public Composition Parts { get; } = new();

    /// <summary>The platform's state folder, which nobody else may write into.</summary>
    public StateFolder State
    {
        get
        {
            if (_state is null)
            {
                _state = SharedState;
                _state.RequireOwn();
            }

            return _state;
        }
    }

    /// <summary>The same in a pod, whose volumes the cluster makes.</summary>
    public StateFolder SharedState => Composition.State(parsed.GetValue(shared.State)!, parsed.GetValue(shared.Name)!);

    public LocalPlatform Platform => Parts.Platform(State);

    public bool IsDebug => parsed.GetValue(shared.Debug);

    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    public T? Get<T>(Argument<T> argument) => parsed.GetValue(argument);

    /// <summary>The workspace: asked for, else above the file, else above the current folder, else as it was made.</summary>
    public string? WorkspaceOf(string? file = null) =>
        parsed.GetValue(shared.Workspace)
        ?? SharedOptions.Variable("PLATFORM_WORKSPACE")
        ?? (file is null ? null : Deployment.Workspaces.Workspace.Find(file))
        ?? (State.ReadSettings() is null ? NearbyWorkspace() : null);

    private static string? NearbyWorkspace() =>
        Deployment.Workspaces.Workspace.Find(Directory.GetCurrentDirectory())
        ?? SharedOptions.Variable("PLATFORM_DEFAULT_WORKSPACE");
}
