namespace PlatformLocal.Deployment.ObjectStore;

/// <summary>Tells of changes in a folder where the system can, and of the passing of time where it cannot.</summary>
internal sealed class BucketChanges : IDisposable
{
    private readonly FileSystemWatcher? _watcher;
    private readonly SemaphoreSlim _signal = new(0, 1);

    public BucketChanges(string folder)
    {
        try
        {
            _watcher = new FileSystemWatcher(folder) { IncludeSubdirectories = false };
            _watcher.Created += Changed;
            _watcher.Changed += Changed;
            _watcher.Deleted += Changed;
            _watcher.Renamed += Changed;
            _watcher.Error += (_, _) => Signal();
            _watcher.EnableRaisingEvents = true;
        }
        catch (IOException)
        {
            // The system has no watches left: the caller's longest wait is then the interval of polling.
            _watcher?.Dispose();
            _watcher = null;
        }
    }

    public async Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        using var longEnough = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(longEnough.Token, cancellationToken);
        try
        {
            await _signal.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // waited long enough
        }
    }

    public void Dispose() => _watcher?.Dispose();

    private void Changed(object sender, FileSystemEventArgs e) => Signal();

    private void Signal()
    {
        try
        {
            _signal.Release();
        }
        catch (SemaphoreFullException)
        {
            // already signalled and not yet looked at
        }
    }
}
