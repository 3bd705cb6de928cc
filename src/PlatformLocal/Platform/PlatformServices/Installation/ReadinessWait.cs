using PlatformLocal.Kubernetes.Readiness;

namespace PlatformLocal.Platform.PlatformServices.Installation;

/// <summary>Waits until something is ready, and says what it waits for whenever that changes.</summary>
/// <param name="time">The clock.</param>
/// <param name="interval">The pause between two looks.</param>
/// <param name="report">Is told.</param>
internal sealed class ReadinessWait(TimeProvider time, TimeSpan interval, Action<string> report)
{
    /// <summary>Waits for one thing.</summary>
    /// <param name="what">What it is, such as <c>HelmRelease platform-system/minio</c>.</param>
    /// <param name="timeout">How long.</param>
    /// <param name="nextStep">What to do when it does not become ready.</param>
    /// <param name="look">How it is now.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="PlatformException">It failed, or was not ready in time.</exception>
    public async Task UntilReadyAsync(
        string what,
        TimeSpan timeout,
        string nextStep,
        Func<CancellationToken, Task<ObjectReadiness>> look,
        CancellationToken cancellationToken
    )
    {
        long started = time.GetTimestamp();
        string? told = null;
        while (true)
        {
            var now = await look(cancellationToken);
            switch (now.Status)
            {
                case ReadinessStatus.Current:
                    return;
                case ReadinessStatus.Failed:
                    throw new PlatformException($"{what} failed: {now.Message}", nextStep);
            }

            if (time.GetElapsedTime(started) >= timeout)
            {
                throw new PlatformException(
                    $"{what} was not ready within {timeout.TotalSeconds:0.#} s: {now.Message}",
                    nextStep,
                    kind: FailureKind.NotReadyInTime
                );
            }

            if (now.Message != told)
            {
                told = now.Message;
                report($"waits for {what}: {told}");
            }

            await Task.Delay(interval, time, cancellationToken);
        }
    }

    /// <summary>Waits until something is gone.</summary>
    /// <param name="what">What it is.</param>
    /// <param name="timeout">How long.</param>
    /// <param name="nextStep">What to do when it stays.</param>
    /// <param name="isThere">Whether it is there.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="PlatformException">It was still there in the end.</exception>
    public async Task UntilGoneAsync(
        string what,
        TimeSpan timeout,
        string nextStep,
        Func<CancellationToken, Task<bool>> isThere,
        CancellationToken cancellationToken
    )
    {
        long started = time.GetTimestamp();
        bool told = false;
        while (await isThere(cancellationToken))
        {
            if (time.GetElapsedTime(started) >= timeout)
            {
                throw new PlatformException(
                    $"{what} was still there after {timeout.TotalSeconds:0.#} s.",
                    nextStep,
                    kind: FailureKind.NotReadyInTime
                );
            }

            if (!told)
            {
                told = true;
                report($"waits for the end of {what}");
            }

            await Task.Delay(interval, time, cancellationToken);
        }
    }
}
