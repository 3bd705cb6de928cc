using PlatformLocal.Deployment.Ansible;
using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Platform.Clusters;
using PlatformLocal.Platform.PlatformServices.PlatformApi;
using PlatformLocal.Server.Reconciliation;

namespace PlatformLocal.Server.Composition;

/// <summary>The cluster that the platform is served on, and the ways into it.</summary>
internal static class ClusterServices
{
    public static IServiceCollection AddCluster(
        this IServiceCollection services,
        ServeOptions options,
        ICluster cluster,
        KubernetesClient kubernetes
    ) =>
        services
            .AddSingleton(kubernetes)
            .AddSingleton(new ServedCluster(cluster.Kind.Name, cluster.IsSimulated, options.Time.GetUtcNow()))
            .AddSingleton(_ => new DirectDelivery(
                kubernetes,
                options.Replica is null
                    ? new DirectDeliveryOptions { TimeProvider = options.Time }
                    : PlatformApiInstallation.Delivery with
                    {
                        TimeProvider = options.Time,
                    }
            ))
            .AddSingleton(_ => new ReadyEnvironments(kubernetes))
            .AddSingleton(p => new EnvironmentDeliveries(
                p.GetRequiredService<DirectDelivery>(),
                ServedClusters.OwnClusters(options, cluster, kubernetes),
                options.Time
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
