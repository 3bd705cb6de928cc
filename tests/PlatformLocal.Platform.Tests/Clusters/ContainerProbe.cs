using PlatformLocal.Platform.Clusters.Kind;

namespace PlatformLocal.Platform.Tests.Clusters;

/// <summary>Run by another test inside of a container, where there is neither docker nor the host's loopback.</summary>
public sealed class ContainerProbe
{
    [Fact(Explicit = true)]
    public async Task The_api_server_is_found_by_the_nodes_name()
    {
        string kubeconfig = Environment.GetEnvironmentVariable("PROBE_KUBECONFIG")!;
        string cluster = Environment.GetEnvironmentVariable("PROBE_CLUSTER")!;
        var route = new ApiServerRoute(KindLab.Programs, TimeProvider.System);

        var found = await route.FindAsync(kubeconfig, cluster, TestContext.Current.CancellationToken);

        found.Server.Should().Be(new Uri($"https://{KindClusterName.ControlPlaneOf(cluster)}:6443/"));
    }
}
