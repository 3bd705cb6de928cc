namespace PlatformLocal.Platform.Operations;

/// <summary>Removes an environment and waits until nothing is left of it.</summary>
/// <param name="api">The platform.</param>
/// <param name="time">The clock for the timeout.</param>
public sealed class DestroyEnvironment(PlatformApiClient api, TimeProvider time)
{
    /// <summary>Removes an environment.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="timeout">The longest wait.</param>
    /// <param name="progress">Is told of every change.</param>
    /// <param name="cancellationToken">Stops waiting; the removal goes on.</param>
    /// <returns>What stays although it was delivered for the environment, as whole sentences.</returns>
    /// <exception cref="PlatformException">There is no such environment, it cannot be removed, or it is not gone in time.</exception>
    public async Task<IReadOnlyList<string>> RunAsync(
        string name,
        TimeSpan timeout,
        IProgress<EnvironmentDocument> progress,
        CancellationToken cancellationToken
    )
    {
        using var late = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        EnvironmentDocument? asked = null;
        EnvironmentDocument? last = null;
        try
        {
            do
            {
                try
                {
                    // Listening comes first: a removal may be over before its answer arrives.
                    await foreach (var now in api.WatchAsync(name, either.Token))
                    {
                        if (asked is null)
                        {
                            asked = await api.DeleteAsync(name, either.Token);
                            continue;
                        }

                        RequireGoingOn(now, asked);
                        RefuseOvertaken(now, asked);
                        last = now;
                        if (now.Phase == EnvironmentPhase.Deleting)
                        {
                            progress.Report(now); // not what it waited for before
                        }
                    }
                }
                catch (PlatformException e) when (e.Kind == FailureKind.NotFound && asked is null)
                {
                    asked = await api.DeleteAsync(name, either.Token); // a claim that nobody looked at yet
                }
                catch (PlatformException e) when (e.Kind == FailureKind.NotFound)
                {
                    break; // gone before it could be watched
                }
            } while (await api.FindAsync(name, either.Token) is { Phase: EnvironmentPhase.Deleting });
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PlatformException(
                FailureKind.NotReadyInTime,
                $"{name} is not removed after {timeout.TotalSeconds:0} s. {last?.Message}".TrimEnd(),
                $"It goes on in the background; look at it with: {ShellCommand.Platformctl("get-environment", name)}"
            );
        }

        return last is { Phase: EnvironmentPhase.Deleting } ? last.Warnings : [];
    }

    // Whoever deploys it meanwhile has the last word: nothing of the removal goes on.
    private static void RefuseOvertaken(EnvironmentDocument now, EnvironmentDocument asked)
    {
        if (now.Phase != EnvironmentPhase.Deleting && now.Requested > asked.Requested)
        {
            throw new PlatformException(
                FailureKind.Conflict,
                $"{now.EnvironmentName} was deployed again while it was removed: it stays, and what was deleted of it is made again.",
                $"See what it is now: {ShellCommand.Platformctl("get-environment", now.EnvironmentName)}\n"
                    + $"If it is to go nevertheless, remove it again: {ShellCommand.Platformctl("destroy-environment", now.EnvironmentName)}"
            );
        }
    }

    // What an earlier removal failed with says nothing of this one.
    private static void RequireGoingOn(EnvironmentDocument now, EnvironmentDocument asked)
    {
        if (
            now is { Phase: EnvironmentPhase.Deleting, Failure: { } kind }
            && now.Completed >= asked.Requested
            && now.Completed >= now.Requested
        )
        {
            var again = now.NextTry is { } next ? $" It is tried again at {next:u}." : "";
            throw new PlatformException(
                kind,
                $"{now.EnvironmentName} is not removed. {now.Message}{again}",
                now.NextStep ?? $"Look at it with: {ShellCommand.Platformctl("get-environment", now.EnvironmentName)}"
            );
        }
    }
}
