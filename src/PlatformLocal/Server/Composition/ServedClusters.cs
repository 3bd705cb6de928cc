using PlatformLocal.Deployment.Manifests;
using PlatformLocal.Platform.Clusters;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Server.Reconciliation;

namespace PlatformLocal.Server.Composition;

/// <summary>What is in the cluster that a platform is served on, and beside it.</summary>
internal static class ServedClusters
{
    /// <summary>How clusters of their own are reached: from a pod as they are registered, from the host as they run.</summary>
    public static ConnectEnvironmentCluster? OwnClusters(
        ServeOptions options,
        ICluster cluster,
        KubernetesClient platform
    )
    {
        var state = options.State;
        if (!cluster.HasOthersBeside)
        {
            return null;
        }

        if (options.Replica is null)
        {
            var clusters = new KindClusters(new ProgramRunner(options.Time), options.Time);
            return async (environment, token) =>
            {
                var folder = state.EnvironmentCluster(environment);
                return clusters.IsMade(folder)
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

    public static async Task<IReadOnlyDictionary<string, string?>> EnvironmentsInClusterAsync(
        KubernetesClient kubernetes,
        ICluster cluster,
        CancellationToken cancellationToken
    )
    {
        var elsewhere = cluster.HasOthersBeside
            ? await EnvironmentCluster.ListAsync(kubernetes, cancellationToken)
            : [];
        var namespaces = await kubernetes.ListAsync(
            "v1",
            "Namespace",
            null,
            new ListOptions { LabelSelector = ManifestLabels.Environment },
            cancellationToken
        );
        var environments = elsewhere.ToDictionary(e => e, _ => (string?)null, StringComparer.Ordinal);
        foreach (var item in namespaces.Items)
        {
            // One that only carries a name in its label, as a copy does, is no environment's home.
            if (
                item.Label(ManifestLabels.Environment) is { } environment
                && item.Metadata().Text("name") == Claim.NamespaceOf(environment)
            )
            {
                environments[environment] = item.Annotation(DeliveredRecord.Annotation);
            }
        }

        return environments;
    }
}
