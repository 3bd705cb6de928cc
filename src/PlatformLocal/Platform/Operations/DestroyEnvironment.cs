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
    /// <exception cref="PlatformException">There is no such environment, or it is not gone in time.</exception>
    public async Task RunAsync(string name, TimeSpan timeout, CancellationToken cancellationToken)
    {
        await api.DeleteAsync(name, cancellationToken);
        using var late = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        var last = "";
        try
        {
            await foreach (var now in api.WatchAsync(name, either.Token))
            {
                last = now.Message ?? "";
            }
        }
        catch (PlatformException e) when (e.Kind == FailureKind.NotFound)
        {
            // gone before it could be watched
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PlatformException(
                FailureKind.NotReadyInTime,
                $"{name} is not removed after {timeout.TotalSeconds:0} s. {last}".TrimEnd(),
                $"It goes on in the background; look at it with: platformctl get-environment {name}"
            );
        }
    }
}
