using PlatformLocal.Core.Versions;
using PlatformLocal.Kubernetes.Readiness;

namespace PlatformLocal.Platform.PlatformServices.Flux;

/// <summary>What a release looked like before somebody began to wait for it: old failures are not held against it.</summary>
/// <param name="Failures">How often it had failed.</param>
/// <param name="Request">The reconciliation that was asked for since; <see langword="null"/> for none.</param>
internal sealed record ReleaseStart(long Failures, string? Request)
{
    public static ReleaseStart New { get; } = new(0, null);
}

/// <summary>Reads from a HelmRelease whether its chart is installed.</summary>
internal static class HelmReleaseRules
{
    /// <summary>How often a release may fail before nobody waits for it any longer; Flux itself never stops trying.</summary>
    public const int MaximumFailures = 3;

    /// <summary>
    /// How often the release has failed since its last change: its actions, and, where no action was ever stored (values
    /// that the chart's schema refuses, kinds that the cluster refuses), its reconciliations.
    /// </summary>
    public static long FailuresOf(JsonObject release)
    {
        var status = release.Child("status");
        var ofActions = (status.Number("installFailures") ?? 0) + (status.Number("upgradeFailures") ?? 0);
        return ofActions > 0 || status?["history"] is JsonArray { Count: > 0 }
            ? ofActions
            : status.Number("failures") ?? 0;
    }

    /// <summary>Whether somebody told the helm-controller to leave the release alone.</summary>
    public static bool IsSuspended(JsonObject release) =>
        release.Child("spec")?["suspend"] is JsonValue value && value.TryGetValue(out bool isSuspended) && isSuspended;

    public static ObjectReadiness Of(JsonObject release, ReleaseStart start)
    {
        var status = release.Child("status");
        var generation = release.Metadata().Number("generation") ?? 0;
        var observed = status.Number("observedGeneration") ?? 0;
        if (release.IsTerminating())
        {
            return new ObjectReadiness(ReadinessStatus.Terminating, "is being removed");
        }

        if (IsSuspended(release))
        {
            return ObjectReadiness.Failed("is suspended (spec.suspend): the helm-controller leaves it as it is");
        }

        if (start.Request is { } request && status.Text("lastHandledReconcileAt") != request)
        {
            return ObjectReadiness.InProgress("the helm-controller has not begun the retry yet");
        }

        if (Current("Stalled") is { } stalled && stalled.Text("status") == "True")
        {
            return ObjectReadiness.Failed(ReadinessRules.Describe(stalled));
        }

        // A status that counts must be about this spec: an upgrade begins with the Ready of the version before.
        if (Current("Ready") is not { } ready || (observed != generation && ready.Text("status") == "True"))
        {
            return ObjectReadiness.InProgress(
                $"the helm-controller has not looked at the latest change yet (generation {generation}, observed {Math.Max(observed, 0)})"
            );
        }

        var message = Described(ready);
        return ready.Text("status") == "True" ? ObjectReadiness.Current(message)
            : FailuresSince(release, start) >= MaximumFailures && !IsOverdue(ready)
                ? ObjectReadiness.Failed($"{message} (after {Counted.Of(FailuresOf(release), "attempt")})")
            : ObjectReadiness.InProgress(message);

        JsonObject? Current(string type) =>
            release.Condition(type) is { } condition
            && (condition.Number("observedGeneration") ?? observed) == generation
                ? condition
                : null;
    }

    /// <summary>
    /// The same, of a chart of a version. A chart in a registry changes by its source alone: until that has the new one, its
    /// release is as ready as it was.
    /// </summary>
    /// <param name="release">The HelmRelease.</param>
    /// <param name="start">How it was before.</param>
    /// <param name="version">The chart's version that is asked for: a range says nothing of what is to come.</param>
    public static ObjectReadiness Of(JsonObject release, ReleaseStart start, string version)
    {
        var readiness = Of(release, start);
        return
            readiness.IsCurrent
            && version.Count(c => c == '.') >= 2 // fewer numbers are a range
            && PlatformVersion.TryParse(version, out var wanted)
            && release.Child("status").Text("lastAttemptedRevision") is { } revision
            && PlatformVersion.TryParse(revision, out var tried)
            && !tried.EqualsInOrder(wanted)
            ? ObjectReadiness.InProgress(
                $"has the chart of version {revision.Split('+')[0]}, and {version} is asked for"
            )
            : readiness;
    }

    /// <summary>Whether a source will never give what is asked of it, whatever time passes.</summary>
    /// <param name="source">An OCIRepository, HelmRepository or HelmChart.</param>
    /// <param name="reason">What its controller says of that.</param>
    public static bool IsStalled(JsonObject? source, out string reason)
    {
        var stalled = source.Condition("Stalled");
        reason = stalled is null ? "" : ReadinessRules.Describe(stalled);
        return stalled.Text("status") == "True"
            && (stalled.Number("observedGeneration") ?? 0) == (source.Metadata().Number("generation") ?? 0);
    }

    // What Helm says when its time is over while it waits for its turn to ask: nothing of what it waited for.
    private static string Described(JsonObject ready) =>
        ready.Text("message")?.Contains("client rate limiter Wait", StringComparison.Ordinal) == true
            ? $"{ready.Text("reason")}: what the chart installed was not ready in time"
            : ReadinessRules.Describe(ready);

    // A Deployment that was once late fails every attempt within a second until its pods are ready, as their images may
    // still be on their way: that is waiting, not failing.
    private static bool IsOverdue(JsonObject ready) =>
        ready.Text("message")?.Contains("stalled resources", StringComparison.Ordinal) == true;

    // Flux counts anew after each change.
    private static long FailuresSince(JsonObject release, ReleaseStart start) =>
        FailuresOf(release) is var now && now < start.Failures ? now : now - start.Failures;
}
