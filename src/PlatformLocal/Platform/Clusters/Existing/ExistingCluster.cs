namespace PlatformLocal.Platform.Clusters.Existing;

/// <summary>What a cluster that somebody else made is.</summary>
/// <param name="Context">The kubeconfig's context.</param>
/// <param name="Server">The API server's address.</param>
/// <param name="Version">The API server's version, such as <c>v1.34.1</c>.</param>
/// <param name="Nodes">How many nodes it has.</param>
/// <param name="Marker">Whose platform uses it; <see langword="null"/> when none does.</param>
public sealed record ExistingClusterDescription(
    string? Context,
    Uri Server,
    string Version,
    int Nodes,
    ClusterMarker? Marker
)
{
    /// <summary>The cluster as it is shown to somebody who is asked whether it may be used.</summary>
    public override string ToString() =>
        $"{Context ?? "the cluster"} at {Server} (Kubernetes {Version}, {Counted.Of(Nodes, "node")})";
}

/// <summary>A cluster that was there before the platform: nothing in it is touched before somebody allowed it.</summary>
internal sealed class ExistingCluster(KubernetesClient client, TimeProvider time)
{
    /// <summary>The cluster of a kubeconfig's context.</summary>
    /// <exception cref="PlatformException">The file or the context is missing or unusable.</exception>
    public static (KubernetesClient Client, ExistingCluster Cluster) Open(
        string? kubeconfig,
        string? context,
        TimeProvider time
    )
    {
        var options = new KubernetesClientOptions { TimeProvider = time };
        var client = KubernetesClient.FromKubeconfig(kubeconfig, context, options);
        return (client, new ExistingCluster(client, time));
    }

    /// <summary>Looks at the cluster without changing anything.</summary>
    /// <exception cref="PlatformException">The cluster refuses or cannot be reached.</exception>
    public async Task<ExistingClusterDescription> DescribeAsync(CancellationToken cancellationToken)
    {
        var version = client.GetVersionAsync(cancellationToken);
        var nodes = client.ListAsync("v1", "Node", null, new ListOptions { MetadataOnly = true }, cancellationToken);
        var marker = ClusterMarker.FindAsync(client, cancellationToken);
        await Task.WhenAll(version, nodes, marker);
        return new ExistingClusterDescription(
            client.Connection.Context,
            client.Connection.Server,
            (await version).GitVersion,
            (await nodes).Items.Count,
            await marker
        );
    }

    /// <summary>Makes sure that a platform may use the cluster, and remembers it in the cluster.</summary>
    /// <exception cref="PlatformException">Nobody allowed it, or another platform uses the cluster.</exception>
    public async Task<ExistingClusterDescription> AllowAsync(
        string platform,
        Func<ExistingClusterDescription, CancellationToken, Task<bool>> confirm,
        CancellationToken cancellationToken
    )
    {
        var found = await DescribeAsync(cancellationToken);
        if (found.Marker is { } marker)
        {
            return marker.Platform == platform
                ? found
                : throw new PlatformException(
                    FailureKind.Conflict,
                    $"{found} belongs to the platform '{marker.Platform}' since {marker.Since:u}.",
                    $"Use that platform ({ShellCommand.Of("--name", marker.Platform)}), or another cluster."
                );
        }

        if (!await confirm(found, cancellationToken))
        {
            throw new PlatformException(
                FailureKind.NotAllowed,
                $"The platform '{platform}' may not use {found}: it did not make this cluster and nobody allowed it.",
                "Allow it when asked, or with --yes where nobody can be asked."
            );
        }

        var allowed = new ClusterMarker(platform, ClusterOrigin.Allowed, time.GetUtcNow());
        await allowed.WriteAsync(client, cancellationToken);
        return found with { Marker = allowed };
    }

    /// <summary>Takes the permission of a platform back; everything else in the cluster stays as it is.</summary>
    /// <returns>Whether the platform had the permission.</returns>
    /// <exception cref="PlatformException">The cluster refuses or cannot be reached.</exception>
    public async Task<bool> ForgetAsync(string platform, CancellationToken cancellationToken) =>
        await ClusterMarker.FindAsync(client, cancellationToken) is { Origin: ClusterOrigin.Allowed } marker
        && marker.Platform == platform
        && await ClusterMarker.DeleteAsync(client, cancellationToken);
}
