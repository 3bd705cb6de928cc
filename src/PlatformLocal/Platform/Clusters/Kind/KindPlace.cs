namespace PlatformLocal.Platform.Clusters.Kind;

/// <summary>A platform's cluster and the state folder that belongs to it.</summary>
internal sealed record KindPlace(string Platform, string Folder)
{
    public string Cluster { get; } = KindClusterName.Of(Platform);

    public string Kubeconfig { get; } = Path.Combine(Folder, "kubeconfig");
}
