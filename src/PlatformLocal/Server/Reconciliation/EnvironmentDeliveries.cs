using PlatformLocal.Deployment.Delivery.Direct;

namespace PlatformLocal.Server.Reconciliation;

/// <summary>A client for the cluster that an environment has of its own; <see langword="null"/> when there is none.</summary>
internal delegate Task<KubernetesClient?> ConnectEnvironmentCluster(
    string environment,
    CancellationToken cancellationToken
);

/// <summary>How one environment is delivered just now.</summary>
/// <param name="Delivery">Into its cluster.</param>
/// <param name="Own">The cluster it has of its own; <see langword="null"/> on the platform's.</param>
internal sealed record EnvironmentDelivery(DirectDelivery Delivery, KubernetesClient? Own) : IDisposable
{
    /// <summary>The cluster it has of its own, for people.</summary>
    public string? Cluster => Own?.Connection.Context;

    public void Dispose() => Own?.Dispose();
}

/// <summary>Chooses the cluster of each environment: the platform's, or one of its own.</summary>
/// <param name="platform">Delivers into the platform's cluster.</param>
/// <param name="connect">Finds clusters of their own; <see langword="null"/> where environments have none.</param>
/// <param name="time">The clock of deliveries.</param>
internal sealed class EnvironmentDeliveries(
    DirectDelivery platform,
    ConnectEnvironmentCluster? connect,
    TimeProvider time
)
{
    /// <summary>Whether environments can have clusters of their own here.</summary>
    public bool GivesOwnClusters => connect is not null;

    /// <exception cref="PlatformException">The environment needs a cluster of its own, and there is none yet.</exception>
    public async Task<EnvironmentDelivery> OfAsync(
        string environment,
        Isolation isolation,
        CancellationToken cancellationToken
    ) =>
        await FindAsync(environment, isolation, cancellationToken)
        ?? throw new PlatformException(
            $"{environment} has a cluster of its own, and there is none yet.",
            $"Make it, on the machine with Docker, by deploying its claim with: {ShellCommand.Platformctl("deploy-environment", "--file", "CLAIM.json")}"
        );

    /// <summary>What a delivery would do; one into a cluster that is yet to be made creates everything.</summary>
    /// <exception cref="PlatformException">It cannot be delivered.</exception>
    public async Task<IReadOnlyList<ObjectChange>> PlanAsync(
        DeliveryRequest request,
        Isolation isolation,
        CancellationToken cancellationToken
    )
    {
        using var found = await FindAsync(request.Environment, isolation, cancellationToken);
        return found is null
            ? await platform.PlanForNewClusterAsync(request, cancellationToken)
            : await found.Delivery.PlanAsync(request, cancellationToken);
    }

    /// <summary>Whoever asks for an environment hears now that its namespace is somebody else's, not from the reconciler later.</summary>
    /// <exception cref="PlatformException">The environment may not have its namespace.</exception>
    public async Task RequireNamespaceAsync(
        DeliveryRequest request,
        Isolation isolation,
        CancellationToken cancellationToken
    )
    {
        using var found = await FindAsync(request.Environment, isolation, cancellationToken);
        if (found is null)
        {
            return;
        }

        try
        {
            await found.Delivery.RequireNamespaceAsync(request.Environment, request.Namespace, cancellationToken);
        }
        catch (KubernetesException)
        {
            // A cluster that cannot be asked refuses nothing: the reconciler asks it until it answers.
        }
    }

    /// <summary>What of an environment on the platform's cluster is not as its delivery wants it although it is done.</summary>
    /// <returns>Whole sentences; one that says so when the cluster does not tell.</returns>
    public async Task<IReadOnlyList<string>> RemarksAsync(string environment, CancellationToken cancellationToken)
    {
        try
        {
            return await platform.RemarksAsync(environment, Claim.NamespaceOf(environment), cancellationToken);
        }
        catch (PlatformException e)
        {
            return
            [
                $"Whether all that {environment} brings is in force cannot be told. {e.Message} {e.NextStep}".TrimEnd(),
            ];
        }
    }

    /// <summary>Where an environment is delivered; <see langword="null"/> while the cluster that it has of its own is yet to be made.</summary>
    public async Task<EnvironmentDelivery?> FindAsync(
        string environment,
        Isolation isolation,
        CancellationToken cancellationToken
    ) =>
        isolation == Isolation.Namespace || connect is null
            ? new EnvironmentDelivery(platform, null)
            : await FindOwnAsync(environment, cancellationToken);

    /// <summary>What is left to empty when the claim is gone and says no more where the environment is.</summary>
    public async Task<EnvironmentDelivery> OfRemovedAsync(string environment, CancellationToken cancellationToken) =>
        await FindOwnAsync(environment, cancellationToken) ?? new EnvironmentDelivery(platform, null);

    private async Task<EnvironmentDelivery?> FindOwnAsync(string environment, CancellationToken cancellationToken) =>
        connect is not null && await connect(environment, cancellationToken) is { } own
            ? new EnvironmentDelivery(new DirectDelivery(own, new DirectDeliveryOptions { TimeProvider = time }), own)
            : null;
}
