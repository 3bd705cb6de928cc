using PlatformLocal.Platform.Operations;

namespace PlatformLocal.Cli.Commands;

internal sealed class DestroyLocalPlatformCommand(SharedOptions shared)
    : CommandBase(
        shared,
        "destroy-local-platform",
        "End the platform and remove everything of it: environments, claims, secrets, state.",
        "platformctl destroy-local-platform",
        "platformctl destroy-local-platform --verify",
        "platformctl destroy-local-platform --all",
        "platformctl destroy-local-platform --keep-state"
    )
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

    private readonly Option<bool> _yes = SharedOptions.NewYes();

    protected override IReadOnlyList<Symbol> Parameters => [_keep, _verify, _all, _yes];

    protected override async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        var platform = call.Platform;
        var name = platform.State.Platform;
        if (call.Get(_keep))
        {
            await platform.StopAsync(call.Terminal.Say, cancellationToken);
            call.Terminal.WriteDone(
                "platform",
                name,
                $"The platform '{name}' is stopped; its state is in {platform.State.Folder}."
            );
            return ExitCodes.Done;
        }

        if (call.Get(_all))
        {
            call.Terminal.Confirm(
                call.Get(_yes),
                $"All platforms of {platform.State.Root} are removed, with all their environments, claims, secrets and clusters."
            );
            var everything = call.Parts.DestroyEverything(platform.State.Root);
            ThrowIfAny(await everything.RunAsync(call.Terminal.Say, cancellationToken));
            call.Terminal.WriteDone("state", platform.State.Root, $"No platform of {platform.State.Root} is left.");
            return ExitCodes.Done;
        }

        call.Terminal.Confirm(
            call.Get(_yes),
            $"The platform '{name}' is removed, with all its environments, claims and secrets, and its cluster when it made one."
        );
        var leftovers = call.Parts.Leftovers(platform.State);
        var had = call.Get(_verify) ? await leftovers.LookAsync(cancellationToken) : null;
        var removed = await call.Parts.Destroy(platform).RunAsync(call.Terminal.Say, cancellationToken);
        if (had is not null)
        {
            ThrowIfAny(await leftovers.FindAsync(had, cancellationToken));
        }

        call.Terminal.WriteDone(
            "platform",
            name,
            removed switch
            {
                Removed.Nothing => $"There is no platform '{name}'.",
                Removed.WithKindCluster => $"The platform '{name}' is removed; nothing of it is left. "
                    + $"The registry {call.Parts.Registry.Name} stays, with its images, for other platforms.",
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
