using PlatformLocal.Kubernetes.Readiness;

namespace PlatformLocal.Platform.PlatformServices.Installation;

/// <summary>Says what is wrong with the pods of a workload that is not ready, and loses patience when it stays.</summary>
internal sealed class PodPatience(KubernetesClient client, ServiceInstallationOptions options)
{
    private long? _since;

    /// <summary>How a workload is, with the trouble of its pods.</summary>
    public async Task<ObjectReadiness> JudgeAsync(JsonObject item, CancellationToken cancellationToken)
    {
        var readiness = ReadinessRules.Of(item);
        var labels = item.Child("spec").Child("selector").Child("matchLabels");
        if (readiness.Status != ReadinessStatus.InProgress || labels is null)
        {
            return readiness;
        }

        string selector = string.Join(",", labels.Select(l => $"{l.Key}={l.Value}"));
        string? trouble = await FindTroubleAsync(item.Metadata().Text("namespace"), selector, cancellationToken);
        if (trouble is null)
        {
            _since = null;
            return readiness;
        }

        _since ??= options.Time.GetTimestamp();
        string message = $"{readiness.Message}; {trouble}";
        return options.Time.GetElapsedTime(_since.Value) >= options.Patience
            ? ObjectReadiness.Failed(message)
            : ObjectReadiness.InProgress(message);
    }

    /// <summary>What keeps the first of some pods from running, or <see langword="null"/>.</summary>
    public async Task<string?> FindTroubleAsync(
        string? targetNamespace,
        string selector,
        CancellationToken cancellationToken
    )
    {
        var pods = await client.ListAsync(
            "v1",
            "Pod",
            targetNamespace,
            new ListOptions { LabelSelector = selector },
            cancellationToken
        );
        return pods
            .Items.Where(p => !p.IsTerminating())
            .SelectMany(p => PodTrouble.Of(p).Select(t => $"Pod {p.Metadata().Text("name")}, {t}"))
            .FirstOrDefault();
    }
}
