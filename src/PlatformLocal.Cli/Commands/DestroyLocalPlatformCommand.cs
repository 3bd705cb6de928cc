using System.CommandLine;
using PlatformLocal.Cli.Rendering;
using PlatformLocal.PlatformApi;

namespace PlatformLocal.Cli.Commands;

internal sealed class DestroyLocalPlatformCommand(SharedOptions shared) : CommandBase(shared)
{
    private readonly Option<bool> _keep = new("--keep-state")
    {
        Description = "Only end its process: claims, secrets and the cluster's state stay for the next start.",
    };

    public override string Name => "destroy-local-platform";

    public override IReadOnlyList<string> Examples =>
        ["platformctl destroy-local-platform", "platformctl destroy-local-platform --keep-state"];

    protected override string Description =>
        "End the platform and remove everything of it: environments, claims, secrets, state.";

    protected override void Configure(Command command) => command.Options.Add(_keep);

    protected override async Task<int> RunAsync(
        ParseResult parsed,
        Terminal terminal,
        CancellationToken cancellationToken
    )
    {
        var platform = Shared.PlatformOf(parsed);
        var name = platform.State.Platform;
        if (parsed.GetValue(_keep))
        {
            await platform.StopAsync(cancellationToken);
            terminal.WriteDone(
                "platform",
                name,
                $"The platform '{name}' is stopped; its state is in {platform.State.Folder}."
            );
            return ExitCodes.Done;
        }

        var isKind = platform.State.ReadSettings()?.Cluster == ClusterKinds.Kind;
        var found = await platform.DestroyAsync(cancellationToken);
        terminal.WriteDone(
            "platform",
            name,
            found
                ? $"The platform '{name}' is removed; nothing of it is left."
                    + (isKind ? " The registry kind-registry stays, with its images, for other platforms." : "")
                : $"There is no platform '{name}'."
        );
        return ExitCodes.Done;
    }
}
