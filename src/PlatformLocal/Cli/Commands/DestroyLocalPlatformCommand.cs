using PlatformLocal.Cli.Rendering;
using PlatformLocal.Platform.Operations;

namespace PlatformLocal.Cli.Commands;

internal sealed class DestroyLocalPlatformCommand(SharedOptions shared) : CommandBase(shared)
{
    private readonly Option<bool> _keep = new("--keep-state")
    {
        Description = "Only end its process: claims, secrets and the cluster's state stay for the next start.",
    };

    private readonly Option<bool> _verify = new("--verify")
    {
        Description =
            "Afterwards look for containers, networks, volumes, contexts and folders of it; fail if one is left.",
    };

    private readonly Option<bool> _all = new("--all")
    {
        Description = "Remove all platforms of the state folder, and the local registry when no other cluster is left.",
    };

    public override string Name => "destroy-local-platform";

    public override IReadOnlyList<string> Examples =>
        [
            "platformctl destroy-local-platform",
            "platformctl destroy-local-platform --verify",
            "platformctl destroy-local-platform --all",
            "platformctl destroy-local-platform --keep-state",
        ];

    protected override string Description =>
        "End the platform and remove everything of it: environments, claims, secrets, state.";

    protected override void Configure(Command command)
    {
        command.Options.Add(_keep);
        command.Options.Add(_verify);
        command.Options.Add(_all);
    }

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
            await platform.StopAsync(terminal.Say, cancellationToken);
            terminal.WriteDone(
                "platform",
                name,
                $"The platform '{name}' is stopped; its state is in {platform.State.Folder}."
            );
            return ExitCodes.Done;
        }

        if (parsed.GetValue(_all))
        {
            var everything = Shared.Parts.DestroyEverything(platform.State.Root);
            ThrowIfAny(await everything.RunAsync(terminal.Say, cancellationToken));
            terminal.WriteDone("state", platform.State.Root, $"No platform of {platform.State.Root} is left.");
            return ExitCodes.Done;
        }

        var leftovers = Shared.Parts.Leftovers(platform.State);
        var had = parsed.GetValue(_verify) ? await leftovers.LookAsync(cancellationToken) : null;
        var removed = await platform.DestroyAsync(terminal.Say, cancellationToken);
        if (had is not null)
        {
            ThrowIfAny(await leftovers.FindAsync(had, cancellationToken));
        }

        terminal.WriteDone(
            "platform",
            name,
            removed switch
            {
                Removed.Nothing => $"There is no platform '{name}'.",
                Removed.WithKindCluster => $"The platform '{name}' is removed; nothing of it is left. "
                    + $"The registry {Shared.Parts.Registry.Name} stays, with its images, for other platforms.",
                _ => $"The platform '{name}' is removed; nothing of it is left.",
            }
        );
        return ExitCodes.Done;
    }

    private static void ThrowIfAny(IReadOnlyList<Leftover> left)
    {
        if (left.Count > 0)
        {
            throw new PlatformException(
                $"Left behind: {string.Join(", ", left.Select(l => $"{l.Kind} {l.Name}"))}.",
                string.Join('\n', left.Select(l => l.Removal))
            );
        }
    }
}
