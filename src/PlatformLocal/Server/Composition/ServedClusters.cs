using EmbeddedKubernetes;
using PlatformLocal.Deployment.Ansible;
using PlatformLocal.Deployment.Manifests;
using PlatformLocal.Kubernetes;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Clusters.Existing;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Platform.PlatformServices.GatewayApi;
using PlatformLocal.Platform.State;
using PlatformLocal.Server.Reconciliation;

namespace PlatformLocal.Server.Composition;

/// <summary>Opens the cluster that a platform is served on, and says what is in it and beside it.</summary>
internal static class ServedClusters
{
    public static async Task<(KubernetesClient Client, EmbeddedCluster? Embedded)> OpenClusterAsync(
        ServeOptions options,
        PlatformSettings settings,
        CancellationToken cancellationToken
    )
    {
        var state = options.State;
        switch (settings.Cluster)
        {
            case ClusterKinds.Kind:
                var clusters = new KindClusters(new ProgramRunner(options.Time), options.Time);
                return (await clusters.ConnectAsync(state.Platform, state.Folder, cancellationToken), null);
            case ClusterKinds.Existing:
                return (ExistingCluster.Open(settings.Kubeconfig, settings.Context, options.Time).Client, null);
            default:
                var cluster = await EmbeddedCluster.StartAsync(
                    new EmbeddedClusterOptions { StateDirectory = state.Cluster, TimeProvider = options.Time },
                    cancellationToken
                );
                state.WriteKubeconfig(cluster.Kubeconfig);
                var client = new KubernetesClient(
                    Kubernetes.Configuration.Kubeconfig.Load(state.Kubeconfig).Connect(),
                    new KubernetesClientOptions { TimeProvider = options.Time }
                );
                await Task.WhenAll(
                    GatewayApiKinds
                        .Definitions()
                        .Select(d => client.ApplyAsync(d, new WriteOptions { Force = true }, cancellationToken))
                );
                return (client, cluster);
        }
    }

    public static PlaybookCluster PlaybookClusterOf(ServeOptions options, string clusterKind) =>
        options.Replica is not null ? new PlaybookCluster(null) // the pod's service account
        : clusterKind == ClusterKinds.Existing && options.State.ReadSettings() is { } settings
            ? new PlaybookCluster(settings.Kubeconfig, settings.Context)
        : new PlaybookCluster(options.State.Kubeconfig);

    /// <summary>How clusters of their own are reached: from a pod as they are registered, from the host as they run.</summary>
    public static ConnectEnvironmentCluster? OwnClusters(
        ServeOptions options,
        string clusterKind,
        KubernetesClient platform
    )
    {
        var state = options.State;
        if (clusterKind != ClusterKinds.Kind)
        {
            return null;
        }

        if (options.Replica is null)
        {
            var clusters = new KindClusters(new ProgramRunner(options.Time), options.Time);
            return async (environment, token) =>
            {
                var folder = Path.Combine(state.EnvironmentClusters, environment);
                return Directory.Exists(folder)
                    ? await clusters.ConnectAsync(
                        EnvironmentCluster.OwnerOf(state.Platform, environment),
                        folder,
                        token
                    )
                    : null;
            };
        }

        return async (environment, token) =>
        {
            if (await EnvironmentCluster.FindKubeconfigAsync(platform, environment, token) is not { } kubeconfig)
            {
                return null;
            }

            var file = Path.Combine(Directory.CreateTempSubdirectory("platform-local-").FullName, "kubeconfig");
            try
            {
                await File.WriteAllTextAsync(file, kubeconfig, token);
                return KubernetesClient.FromKubeconfig(
                    file,
                    null,
                    new KubernetesClientOptions { TimeProvider = options.Time }
                );
            }
            finally
            {
                Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
            }
        };
    }

    public static async Task<IReadOnlyList<string>> EnvironmentsInClusterAsync(
        KubernetesClient kubernetes,
        string clusterKind,
        CancellationToken cancellationToken
    )
    {
        var elsewhere =
            clusterKind == ClusterKinds.Kind ? await EnvironmentCluster.ListAsync(kubernetes, cancellationToken) : [];
        var namespaces = await kubernetes.ListAsync(
            "v1",
            "Namespace",
            null,
            new ListOptions { LabelSelector = ManifestLabels.Environment },
            cancellationToken
        );
        return
        [
            .. namespaces
                .Items.Select(n => (string?)n["metadata"]?["labels"]?[ManifestLabels.Environment])
                .OfType<string>(),
            .. elsewhere,
        ];
    }
}
