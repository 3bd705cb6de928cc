using PlatformLocal.Kubernetes.Configuration;

namespace PlatformLocal.Platform.Clusters.Kind;

/// <summary>
/// The Kind cluster that one environment has of its own, and how the platform's cluster knows of it: by a Secret with a
/// kubeconfig, named and typed as the Cluster API project does it.
/// </summary>
/// <remarks>https://cluster-api.sigs.k8s.io/developer/core/support-multiple-instances and its kubeconfig secrets.</remarks>
public static class EnvironmentCluster
{
    /// <summary>The label on such Secrets; the value is the environment's name.</summary>
    public const string Label = "platform.local/environment-cluster";

    private const string Namespace = "platform-system";
    private const string Key = "value";
    private const int ApiPort = 6443;

    /// <summary>What stands for a platform's name where the cluster's name is made.</summary>
    /// <param name="platform">The platform.</param>
    /// <param name="environment">The environment.</param>
    public static string OwnerOf(string platform, string environment) => $"{platform}-env-{environment}";

    /// <summary>The Kind cluster of an environment.</summary>
    internal static string NameOf(string platform, string environment) =>
        KindClusterName.Of(OwnerOf(platform, environment));

    /// <summary>Tells the platform's cluster how the environment's cluster is reached from its pods: by the node's name.</summary>
    /// <exception cref="PlatformException">The cluster refuses or cannot be reached.</exception>
    internal static async Task RegisterAsync(
        KubernetesClient platformCluster,
        string platform,
        string environment,
        string kubeconfig,
        CancellationToken cancellationToken
    )
    {
        var cluster = NameOf(platform, environment);
        var host = Kubeconfig.Load(kubeconfig).Connect(KindClusterName.ContextOf(cluster)).Server;
        var inside = new UriBuilder(Uri.UriSchemeHttps, KindClusterName.ControlPlaneOf(cluster), ApiPort).Uri;
        var text = (await File.ReadAllTextAsync(kubeconfig, cancellationToken)).Replace(
            host.ToString().TrimEnd('/'),
            inside.ToString().TrimEnd('/'),
            StringComparison.Ordinal
        );
        var secret = Reference(environment)
            .ToObject(
                ("type", "cluster.x-k8s.io/secret"),
                ("data", new JsonObject { [Key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(text)) })
            );
        secret.Metadata()!["labels"] = new JsonObject
        {
            ["app.kubernetes.io/managed-by"] = "platform-local",
            [Label] = environment,
        };
        await platformCluster.ApplyAsync(secret, new WriteOptions { Force = true }, cancellationToken);
    }

    /// <summary>Takes the registration back.</summary>
    /// <exception cref="PlatformException">The cluster refuses or cannot be reached.</exception>
    internal static Task UnregisterAsync(
        KubernetesClient platformCluster,
        string environment,
        CancellationToken cancellationToken
    ) => platformCluster.DeleteAsync(Reference(environment), null, cancellationToken);

    /// <summary>The environments that are registered with a cluster of their own.</summary>
    /// <param name="platformCluster">The platform's cluster.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The cluster refuses or cannot be reached.</exception>
    public static async Task<IReadOnlyList<string>> ListAsync(
        KubernetesClient platformCluster,
        CancellationToken cancellationToken
    )
    {
        var secrets = await platformCluster.ListAsync(
            "v1",
            "Secret",
            Namespace,
            new ListOptions { LabelSelector = Label },
            cancellationToken
        );
        return [.. secrets.Items.Select(s => s.Label(Label)).OfType<string>()];
    }

    /// <summary>The kubeconfig of an environment's cluster as it was registered, or <see langword="null"/>.</summary>
    /// <param name="platformCluster">The platform's cluster.</param>
    /// <param name="environment">The environment.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The cluster refuses or cannot be reached.</exception>
    public static async Task<string?> FindKubeconfigAsync(
        KubernetesClient platformCluster,
        string environment,
        CancellationToken cancellationToken
    )
    {
        var secret = await platformCluster.FindAsync(Reference(environment), cancellationToken);
        return secret.Child("data").Text(Key) is { } value
            ? Encoding.UTF8.GetString(Convert.FromBase64String(value))
            : null;
    }

    private static ObjectReference Reference(string environment) =>
        new("v1", "Secret", Namespace, $"{environment}-kubeconfig");
}
