namespace EmbeddedKubernetes.Controllers;

/// <summary>Wakes a controller for an object later; one timer per object and controller, the latest counts.</summary>
internal sealed class Timers(TimeProvider time, Action<IController, ObjectKey> due) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(IController, ObjectKey), ITimer> _timers = [];
    private bool _disposed;

    public void After(TimeSpan delay, IController controller, ObjectKey key)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }
            if (_timers.Remove((controller, key), out var old))
            {
                old.Dispose();
            }
            _timers[(controller, key)] = time.CreateTimer(
                _ => Fire(controller, key),
                null,
                delay < TimeSpan.Zero ? TimeSpan.Zero : delay,
                Timeout.InfiniteTimeSpan
            );
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var timer in _timers.Values)
            {
                timer.Dispose();
            }
            _timers.Clear();
        }
    }

    private void Fire(IController controller, ObjectKey key)
    {
        lock (_gate)
        {
            if (_timers.Remove((controller, key), out var timer))
            {
                timer.Dispose();
            }
        }
        due(controller, key);
    }
}
