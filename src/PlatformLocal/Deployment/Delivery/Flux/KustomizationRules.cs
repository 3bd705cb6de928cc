using PlatformLocal.Kubernetes.Readiness;

namespace PlatformLocal.Deployment.Delivery.Flux;

/// <summary>Reads from Flux's objects whether they have done what is asked of them.</summary>
internal static class KustomizationRules
{
    private static readonly string[] s_failures =
    [
        "ArtifactFailed",
        "BuildFailed",
        "HealthCheckFailed",
        "PruneFailed",
        "ReconciliationFailed",
    ];

    /// <summary>Whether a revision that Flux names is of a digest: with the tag, or without.</summary>
    public static bool IsOf(string? revision, string digest) =>
        revision == digest || revision?.EndsWith($"@{digest}", StringComparison.Ordinal) == true;

    /// <summary>Whether somebody told Flux to leave it alone: who holds it back until another service is done does not count.</summary>
    public static bool IsSuspended(JsonObject item) =>
        item.Child("spec").Flag("suspend") == true && item.Annotation(FluxObjects.Held) is null;

    /// <summary>A source.</summary>
    public static ObjectReadiness OfSource(JsonObject source, string digest)
    {
        if (IsSuspended(source))
        {
            return Suspended();
        }
        if (Current(source, "Stalled") is { } stalled && stalled.Text("status") == "True")
        {
            return ObjectReadiness.Failed(ReadinessRules.Describe(stalled));
        }
        return Current(source, "Ready") is not { } ready ? NotSeen("source-controller")
            : ready.Text("status") != "True" ? ObjectReadiness.InProgress(ReadinessRules.Describe(ready))
            : IsOf(source.Child("status").Child("artifact").Text("revision"), digest)
                ? ObjectReadiness.Current("has the build")
            : ObjectReadiness.InProgress("has another build");
    }

    /// <summary>A Kustomization.</summary>
    /// <param name="item">The Kustomization.</param>
    /// <param name="digest">The build's digest.</param>
    /// <param name="request">What was asked for last: an answer to something earlier does not count.</param>
    public static ObjectReadiness Of(JsonObject item, string digest, string? request)
    {
        JsonObject? status = item.Child("status");
        if (item.IsTerminating())
        {
            return ObjectReadiness.Failed("is being removed by somebody else");
        }
        if (IsSuspended(item))
        {
            return Suspended();
        }
        if (Current(item, "Stalled") is { } stalled && stalled.Text("status") == "True")
        {
            return ObjectReadiness.Failed(ReadinessRules.Describe(stalled));
        }
        if (Current(item, "Ready") is not { } ready)
        {
            return NotSeen("kustomize-controller");
        }
        string message = ReadinessRules.Describe(ready);
        if (ready.Text("status") == "True")
        {
            return
                IsOf(status.Text("lastAppliedRevision"), digest)
                && status.Number("observedGeneration") == item.Metadata().Number("generation")
                ? ObjectReadiness.Current(message)
                : ObjectReadiness.InProgress("has the build before");
        }
        bool isAnswer =
            IsOf(status.Text("lastAttemptedRevision"), digest)
            && (request is null || status.Text("lastHandledReconcileAt") == request);
        return isAnswer && s_failures.Contains(ready.Text("reason"), StringComparer.Ordinal)
            ? ObjectReadiness.Failed(message)
            : ObjectReadiness.InProgress(message);
    }

    private static ObjectReadiness Suspended() =>
        ObjectReadiness.Failed("is suspended (spec.suspend): Flux leaves it as it is");

    private static ObjectReadiness NotSeen(string controller) =>
        ObjectReadiness.InProgress($"the {controller} has not looked at the latest change yet");

    /// <summary>A condition of the present generation.</summary>
    private static JsonObject? Current(JsonObject item, string type) =>
        item.Condition(type) is { } condition
        && (condition.Number("observedGeneration") ?? item.Child("status").Number("observedGeneration"))
            == item.Metadata().Number("generation")
            ? condition
            : null;
}
