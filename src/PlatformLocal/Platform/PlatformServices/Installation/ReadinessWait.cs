using PlatformLocal.Kubernetes.Readiness;

namespace PlatformLocal.Platform.PlatformServices.Installation;

/// <summary>Waits until something is ready, and says what it waits for whenever that changes.</summary>
internal sealed class ReadinessWait(ServiceInstallationOptions options, Action<string> report)
{
    /// <summary>Waits for one thing.</summary>
    /// <param name="what">What it is, such as <c>HelmRelease platform-system/minio</c>.</param>
    /// <param name="timeout">How long.</param>
    /// <param name="nextStep">What to do when it does not become ready.</param>
    /// <param name="look">How it is now.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="PlatformException">It failed, or was not ready in time.</exception>
    public Task UntilReadyAsync(
        string what,
        TimeSpan timeout,
        string nextStep,
        Func<CancellationToken, Task<ObjectReadiness>> look,
        CancellationToken cancellationToken
    )
    {
        var poll = new Poll(what, options.Interval, timeout, options.Time)
        {
            Report = report,
            Failure = reason => Late($"{what} was not ready within {timeout.TotalSeconds:0.#} s: {reason}", nextStep),
        };
        return poll.UntilAsync(
            async token =>
                await look(token) switch
                {
                    { IsCurrent: true } => null,
                    { Status: ReadinessStatus.Failed } failed => throw new PlatformException(
                        $"{what} failed: {failed.Message}",
                        nextStep
                    ),
                    var now => now.Message,
                },
            cancellationToken
        );
    }

    /// <summary>Waits until an object is gone; another one of its name is not waited for.</summary>
    /// <exception cref="PlatformException">It was still there in the end.</exception>
    public Task UntilGoneAsync(
        KubernetesClient client,
        ObjectReference reference,
        string? uid,
        TimeSpan timeout,
        CancellationToken cancellationToken
    )
    {
        var poll = new Poll($"the end of {reference}", options.Interval, timeout, options.Time)
        {
            Report = report,
            Failure = _ =>
                Late(
                    $"{reference} was still there after {timeout.TotalSeconds:0.#} s.",
                    "See which finalizers hold it, and whether their controller runs."
                ),
        };
        return poll.UntilAsync(
            async token => (await client.FindAsync(reference, token))?.Uid() == uid ? "it is still there" : null,
            cancellationToken
        );
    }

    private static PlatformException Late(string message, string nextStep) =>
        new(FailureKind.NotReadyInTime, message, nextStep);
}
