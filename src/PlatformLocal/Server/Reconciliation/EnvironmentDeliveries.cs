using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Deployment.Delivery.Flux;
using PlatformLocal.Platform.Clusters;
using PlatformLocal.Platform.PlatformServices.PlatformApi;

namespace PlatformLocal.Server.Reconciliation;

/// <summary>A client for the cluster that an environment has of its own; <see langword="null"/> when there is none.</summary>
internal delegate Task<KubernetesClient?> ConnectEnvironmentCluster(
    string environment,
    CancellationToken cancellationToken
);

/// <summary>How one environment is delivered just now.</summary>
/// <param name="Delivery">Into its cluster, as its claim, the platform or the workspace chose.</param>
/// <param name="Direct">What is the same whoever delivers: its namespace, and its removal.</param>
/// <param name="Own">The cluster it has of its own; <see langword="null"/> on the platform's.</param>
internal sealed record EnvironmentDelivery(IDelivery Delivery, DirectDelivery Direct, KubernetesClient? Own)
    : IDisposable
{
    /// <summary>The cluster it has of its own, for people.</summary>
    public string? Cluster => Own?.Connection.Context;

    public void Dispose() => Own?.Dispose();
}

/// <summary>Chooses for each environment its cluster, the platform's or one of its own, and who delivers into it.</summary>
/// <param name="platform">The platform's cluster.</param>
/// <param name="connect">Finds clusters of their own; <see langword="null"/> where environments have none.</param>
/// <param name="options">How the platform is served.</param>
/// <param name="registry">Starts the registry that lives with the cluster; <see langword="null"/> for the workspace's.</param>
internal sealed class EnvironmentDeliveries(
    KubernetesClient platform,
    ConnectEnvironmentCluster? connect,
    ServeOptions options,
    Func<CancellationToken, Task<ClusterRegistry>>? registry
)
{
    private readonly DirectDeliveryOptions _behaviour = (
        options.Replica is null ? new DirectDeliveryOptions() : PlatformApiInstallation.Delivery
    ) with
    {
        TimeProvider = options.Time,
        Registries = registry is { } start ? async token => (await start(token)).Options : null,
    };

    /// <summary>Whether environments can have clusters of their own here.</summary>
    public bool GivesOwnClusters => connect is not null;

    /// <summary>Who delivers an environment: as its claim says, else as the platform was created with, else as its workspace says.</summary>
    public DeliveryKind KindOf(Claim claim, Workspace workspace) =>
        claim.Delivery ?? Default ?? workspace.Delivery ?? DeliveryKind.Direct;

    /// <summary>What the platform was created with, or created again with since; <see langword="null"/> when the workspace says it.</summary>
    public DeliveryKind? Default => options.Delivery ?? options.State.ReadSettings()?.EnvironmentDelivery;

    /// <exception cref="PlatformException">The environment needs a cluster of its own, and there is none yet.</exception>
    public async Task<EnvironmentDelivery> OfAsync(
        Claim claim,
        Workspace workspace,
        CancellationToken cancellationToken
    ) =>
        await FindAsync(claim, workspace, cancellationToken)
        ?? throw new PlatformException(
            $"{claim.EnvironmentName} has a cluster of its own, and there is none yet.",
            $"Make it, on the machine with Docker, by deploying its claim with: {ShellCommand.Platformctl("deploy-environment", "--file", "CLAIM.json")}"
        );

    /// <summary>What a delivery would do; one into a cluster that is yet to be made creates everything.</summary>
    /// <exception cref="PlatformException">It cannot be delivered.</exception>
    public async Task<IReadOnlyList<ObjectChange>> PlanAsync(CompiledClaim build, CancellationToken cancellationToken)
    {
        using var found = await FindAsync(build.Claim, build.Workspace, cancellationToken);
        return found is null
            ? await new DirectDelivery(platform, _behaviour).PlanForNewClusterAsync(build.Request, cancellationToken)
            : await found.Delivery.PlanAsync(build.Request, cancellationToken);
    }

    /// <summary>Whoever asks for an environment hears now that its namespace is somebody else's, not from the reconciler later.</summary>
    /// <exception cref="PlatformException">The environment may not have its namespace.</exception>
    public async Task RequireNamespaceAsync(CompiledClaim build, CancellationToken cancellationToken)
    {
        using var found = await FindAsync(build.Claim, build.Workspace, cancellationToken);
        if (found is null)
        {
            return;
        }

        try
        {
            await found.Direct.RequireNamespaceAsync(
                build.Request.Environment,
                build.Request.Namespace,
                cancellationToken
            );
        }
        catch (KubernetesException)
        {
            // A cluster that cannot be asked refuses nothing: the reconciler asks it until it answers.
        }
    }

    /// <summary>What of an environment on the platform's cluster is not as its delivery wants it although it is done.</summary>
    /// <returns>What is found; a remark that says so when the cluster does not tell.</returns>
    public async Task<DeliveredLook> LookAsync(string environment, CancellationToken cancellationToken)
    {
        try
        {
            return await new DirectDelivery(platform, _behaviour).LookAsync(
                environment,
                Claim.NamespaceOf(environment),
                cancellationToken
            );
        }
        catch (PlatformException e)
        {
            return DeliveredLook.Of(
                $"Whether all that {environment} brings is in force cannot be told. {e.Message} {e.NextStep}".TrimEnd()
            );
        }
    }

    /// <summary>Where an environment is delivered; <see langword="null"/> while the cluster that it has of its own is yet to be made.</summary>
    public async Task<EnvironmentDelivery?> FindAsync(
        Claim claim,
        Workspace workspace,
        CancellationToken cancellationToken
    )
    {
        if (claim.IsolationIn(workspace.Types) == Isolation.Namespace || connect is null)
        {
            return With(platform, null, _behaviour);
        }

        return await connect(claim.EnvironmentName, cancellationToken) is { } own
            ? With(own, own, new DirectDeliveryOptions { TimeProvider = options.Time })
            : null;

        EnvironmentDelivery With(KubernetesClient client, KubernetesClient? own, DirectDeliveryOptions behaviour)
        {
            var direct = new DirectDelivery(client, behaviour);
            return new EnvironmentDelivery(
                KindOf(claim, workspace) == DeliveryKind.Flux
                    ? new FluxDelivery(client, FluxOf(workspace), behaviour)
                    : direct,
                direct,
                own
            );
        }
    }

    /// <summary>What is left to empty when the claim is gone and says no more where the environment is.</summary>
    public async Task<EnvironmentDelivery> OfRemovedAsync(string environment, CancellationToken cancellationToken)
    {
        var own = connect is null ? null : await connect(environment, cancellationToken);
        var direct = own is null
            ? new DirectDelivery(platform, _behaviour)
            : new DirectDelivery(own, new DirectDeliveryOptions { TimeProvider = options.Time });
        return new EnvironmentDelivery(direct, direct, own);
    }

    private FluxDeliveryOptions FluxOf(Workspace workspace) =>
        new()
        {
            Platform = options.State.Platform,
            Registry = registry is null ? workspace.Registry : ClusterRegistry.EmbeddedName,
        };
}
