namespace PlatformLocal.Kubernetes;

/// <summary>Turns at what only so many may do at once.</summary>
public static class Turns
{
    /// <summary>Waits for a turn; disposing of it lets the next one in.</summary>
    /// <param name="gate">Counts the turns.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static async Task<IDisposable> TakeTurnAsync(this SemaphoreSlim gate, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        return new Turn(gate);
    }

    private sealed class Turn(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
