using PlatformLocal.Deployment.Ansible;
using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Platform.Clusters;
using PlatformLocal.Server.Reconciliation;

namespace PlatformLocal.Server.Composition;

/// <summary>The cluster that the platform is served on, and the ways into it.</summary>
internal static class ClusterServices
{
    public static IServiceCollection AddCluster(
        this IServiceCollection services,
        ServeOptions options,
        ICluster cluster,
        KubernetesClient kubernetes,
        Func<CancellationToken, Task<ClusterRegistry>>? registry
    ) =>
        services
            .AddSingleton(kubernetes)
            .AddSingleton(new ServedCluster(cluster.Kind.Name, cluster.IsSimulated, options.Time.GetUtcNow()))
            .AddSingleton(_ => new ReadyEnvironments(kubernetes))
            .AddSingleton(_ => new EnvironmentDeliveries(
                kubernetes,
                ServedClusters.OwnClusters(options, cluster, kubernetes),
                options,
                registry
            ))
            .AddSingleton(_ => new ServicePlaybooks(
                new AnsiblePlaybooks(new ProgramRunner(options.Time)),
                kubernetes,
                options.Replica is null ? cluster.Playbooks : new PlaybookCluster(null) // the pod's service account
            ))
            .AddSingleton<EnvironmentsInCluster>(_ =>
                token => ServedClusters.EnvironmentsInClusterAsync(kubernetes, cluster, token)
            );
}
