using PlatformLocal.Kubernetes.Files;

namespace PlatformLocal.Platform.State;

/// <summary>The files of a state folder that nobody but their owner may read.</summary>
internal static class SecretFiles
{
    /// <summary>Takes them from others.</summary>
    /// <param name="state">The folder.</param>
    /// <param name="warn">Is told which others could read, and how another secret takes its place.</param>
    /// <exception cref="PlatformException">Others can read one, and it is somebody else's.</exception>
    public static void Tighten(StateFolder state, Action<string> warn)
    {
        _ = PrivateFile.TakeFromOthers(Path.Combine(state.Secrets, "secrets.enc")); // alone it tells nobody anything
        var open = Of(state).Where(s => PrivateFile.TakeFromOthers(s.File)).ToList();
        foreach (var alike in open.GroupBy(o => o.Renewed.Length > 0))
        {
            warn(
                "Others than their owner could read or write these files, which is taken from them now: "
                    + $"{string.Join(", ", alike.Select(o => o.File))}\n"
                    + AdviceOn([.. alike.SelectMany(o => o.Renewed).Distinct(StringComparer.Ordinal)])
            );
        }
    }

    /// <summary>Each with the files without which another secret is made; none where only another cluster has one.</summary>
    private static IReadOnlyList<(string File, string[] Renewed)> Of(StateFolder state)
    {
        // The pods of an API in the cluster go on with the token that they began with.
        string[] token = state.ReadSettings() is { IsApiInCluster: true } ? [] : [state.TokenFile];
        string[] clusterToken = Directory.Exists(state.Cluster) ? [InCluster("token")] : [];
        return
        [
            (state.TokenFile, token),
            (state.Kubeconfig, clusterToken),
            (InCluster("kubeconfig"), clusterToken),
            (InCluster("token"), clusterToken),
            (InCluster("ca.key"), [InCluster("ca.key"), InCluster("ca.crt")]),
            (InCluster("server.key"), [InCluster("server.key")]),
            (InSecrets("secrets.key"), [InSecrets("secrets.key"), InSecrets("secrets.enc")]),
        ];

        string InCluster(string name) => Path.Combine(state.Cluster, name);

        string InSecrets(string name) => Path.Combine(state.Secrets, name);
    }

    private static string AdviceOn(string[] renewed)
    {
        var create = ShellCommand.Platformctl("create-local-platform");
        return renewed.Length == 0
            ? "If somebody may have done so, make the cluster anew, which has other keys then:\n"
                + $"  {ShellCommand.Platformctl("destroy-local-platform")}\n  {create}"
            : "If somebody may have done so, have other secrets made; whoever uses a copy of them needs the new ones:\n"
                + $"  {ShellCommand.Platformctl("destroy-local-platform", "--keep-state")}\n"
                + $"  {ShellCommand.Of(["rm", .. renewed])}\n  {create}";
    }
}
