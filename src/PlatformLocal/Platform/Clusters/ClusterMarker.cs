namespace PlatformLocal.Platform.Clusters;

/// <summary>How a platform came to a cluster.</summary>
public enum ClusterOrigin
{
    /// <summary>The platform made the cluster and may delete it.</summary>
    Made,

    /// <summary>Somebody allowed the platform to use a cluster it did not make.</summary>
    Allowed,
}

/// <summary>What the ConfigMap <c>kube-system/platform-local</c> says: whose platform a cluster belongs to.</summary>
/// <param name="Platform">The platform's name.</param>
/// <param name="Origin">How the platform came to the cluster.</param>
/// <param name="Since">When.</param>
/// <param name="Configuration">What the cluster was made with, as JSON; empty for clusters the platform did not make.</param>
/// <param name="Folder">The platform's state folder: tells platforms of one name of different people apart.</param>
public sealed record ClusterMarker(
    string Platform,
    ClusterOrigin Origin,
    DateTimeOffset Since,
    string Configuration = "",
    string Folder = ""
)
{
    private static readonly ObjectReference s_reference = new("v1", "ConfigMap", "kube-system", "platform-local");

    /// <summary>Reads the marker of a cluster.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>The marker, or <see langword="null"/> when the cluster has none.</returns>
    /// <exception cref="KubernetesException">The server refuses or cannot be reached.</exception>
    public static async Task<ClusterMarker?> FindAsync(KubernetesClient client, CancellationToken cancellationToken)
    {
        var map = await client.FindAsync(s_reference, cancellationToken);
        var fields = map.Child("data");
        return fields.Text("platform") is { Length: > 0 } platform
            ? new ClusterMarker(
                platform,
                fields.Text("origin") == "made" ? ClusterOrigin.Made : ClusterOrigin.Allowed,
                DateTimeOffset.TryParse(fields.Text("since"), out var since) ? since : default,
                fields.Text("configuration") ?? "",
                fields.Text("folder") ?? ""
            )
            : null;
    }

    /// <summary>Writes the marker into a cluster.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The server refuses or cannot be reached.</exception>
    public async Task WriteAsync(KubernetesClient client, CancellationToken cancellationToken)
    {
        var data = new JsonObject
        {
            ["platform"] = Platform,
            ["origin"] = Origin == ClusterOrigin.Made ? "made" : "allowed",
            ["since"] = Since.ToUniversalTime().ToString("O"),
            ["configuration"] = Configuration,
            ["folder"] = Folder,
        };
        var map = s_reference.ToObject(("data", data));
        map.Metadata()!["labels"] = new JsonObject { ["app.kubernetes.io/managed-by"] = "platform-local" };
        await client.ApplyAsync(map, new WriteOptions { Force = true }, cancellationToken);
    }

    /// <summary>Takes the marker out of a cluster.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="KubernetesException">The server refuses or cannot be reached.</exception>
    public static Task<bool> DeleteAsync(KubernetesClient client, CancellationToken cancellationToken) =>
        client.DeleteAsync(s_reference, null, cancellationToken);
}
