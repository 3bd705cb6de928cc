namespace PlatformLocal.Platform.Operations;

/// <summary>Removes an environment and waits until nothing is left of it.</summary>
/// <param name="api">The platform.</param>
/// <param name="time">The clock for the timeout.</param>
public sealed class DestroyEnvironment(PlatformApiClient api, TimeProvider time)
{
    /// <summary>Removes an environment.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="timeout">The longest wait.</param>
    /// <param name="cancellationToken">Stops waiting; the removal goes on.</param>
    /// <returns>What stays although it was delivered for the environment, as whole sentences.</returns>
    /// <exception cref="PlatformException">There is no such environment, or it is not gone in time.</exception>
    public async Task<IReadOnlyList<string>> RunAsync(
        string name,
        TimeSpan timeout,
        CancellationToken cancellationToken
    )
    {
        using var late = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        var isAsked = false;
        EnvironmentDocument? last = null;
        try
        {
            while (true)
            {
                try
                {
                    // Listening comes first: a removal may be over before its answer arrives.
                    await foreach (var now in api.WatchAsync(name, either.Token))
                    {
                        if (!isAsked)
                        {
                            await api.DeleteAsync(name, either.Token);
                            isAsked = true;
                        }

                        last = now;
                    }

                    break;
                }
                catch (PlatformException e) when (e.Kind == FailureKind.NotFound && isAsked)
                {
                    break; // gone before it could be watched
                }
                catch (PlatformException e) when (e.Kind == FailureKind.NotFound)
                {
                    await api.DeleteAsync(name, either.Token); // a claim that nobody looked at yet
                    isAsked = true;
                }
            }
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
}
