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

    /// <summary>How often the release has failed since its last change.</summary>
    public static long FailuresOf(JsonObject release) =>
        (release.Child("status").Number("installFailures") ?? 0)
        + (release.Child("status").Number("upgradeFailures") ?? 0);

    /// <summary>Whether the controller has stopped with a failure, and does not work on the release just now.</summary>
    public static bool IsStopped(JsonObject release) =>
        release.Condition("Ready").Text("status") == "False"
        && release.Condition("Reconciling").Text("status") != "True";

    public static ObjectReadiness Of(JsonObject release, ReleaseStart start)
    {
        var status = release.Child("status");
        long generation = release.Metadata().Number("generation") ?? 0;
        long observed = status.Number("observedGeneration") ?? 0;
        if (release.IsTerminating())
        {
            return new ObjectReadiness(ReadinessStatus.Terminating, "is being removed");
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

        string message = ReadinessRules.Describe(ready);
        return ready.Text("status") == "True" ? ObjectReadiness.Current(message)
            : FailuresSince(release, start) >= MaximumFailures
                ? ObjectReadiness.Failed($"{message} (after {FailuresOf(release)} attempts)")
            : ObjectReadiness.InProgress(message);

        JsonObject? Current(string type) =>
            release.Condition(type) is { } condition
            && (condition.Number("observedGeneration") ?? observed) == generation
                ? condition
                : null;
    }

    // Flux counts anew after each change.
    private static long FailuresSince(JsonObject release, ReleaseStart start) =>
        FailuresOf(release) is var now && now < start.Failures ? now : now - start.Failures;
}
