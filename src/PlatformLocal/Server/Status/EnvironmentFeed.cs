using System.Runtime.CompilerServices;

namespace PlatformLocal.Server.Status;

/// <summary>
/// What is known of every environment, and its changes for those who listen. Listeners get the newest state, not every
/// step: a slow one skips what is outdated and never holds the platform up.
/// </summary>
internal sealed class EnvironmentFeed
{
    private readonly ConcurrentDictionary<string, Channel> _channels = new(StringComparer.Ordinal);

    public IReadOnlyList<EnvironmentDocument> All =>
        [.. _channels.Values.Select(c => c.Current).OfType<EnvironmentDocument>().OrderBy(d => d.EnvironmentName)];

    public EnvironmentDocument? Find(string name) =>
        _channels.TryGetValue(name, out var channel) ? channel.Current : null;

    /// <summary>What is thrown for an environment that nobody knows.</summary>
    public PlatformException NotFound(string name)
    {
        var near = Nearest.To(name, All.Select(d => d.EnvironmentName));
        return new PlatformException(
            FailureKind.NotFound,
            $"There is no environment '{name}'.",
            near.Count > 0
                ? $"Did you mean {string.Join(" or ", near)}?"
                : $"See which there are with: {ShellCommand.Platformctl("list-environments")}"
        );
    }

    /// <summary>Changes what is known; an unknown environment begins as pending.</summary>
    public EnvironmentDocument Update(string name, Func<EnvironmentDocument, EnvironmentDocument> change) =>
        _channels.GetOrAdd(name, _ => new Channel()).Update(name, change);

    /// <summary>Forgets an environment and ends what listeners hear of it.</summary>
    public void Remove(string name)
    {
        if (_channels.TryRemove(name, out var channel))
        {
            channel.Close();
        }
    }

    /// <summary>Ends what all listeners hear: the platform stops.</summary>
    public void Close()
    {
        foreach (var channel in _channels.Values)
        {
            channel.Close();
        }
    }

    /// <summary>The environment now and after changes; ends when it is forgotten.</summary>
    public async IAsyncEnumerable<EnvironmentDocument> ListenAsync(
        string name,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        if (!_channels.TryGetValue(name, out var channel))
        {
            yield break;
        }

        EnvironmentDocument? last = null;
        while (true)
        {
            var (current, isClosed, changed) = channel.Look();
            if (current is not null && !ReferenceEquals(current, last))
            {
                last = current;
                yield return current;
                continue; // it may have changed while the listener was busy
            }

            if (isClosed)
            {
                yield break; // after its last words
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private sealed class Channel
    {
        private readonly Lock _lock = new();
        private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _closed;

        public EnvironmentDocument? Current { get; private set; }

        public (EnvironmentDocument? Current, bool IsClosed, Task Changed) Look()
        {
            lock (_lock)
            {
                return (Current, _closed, _changed.Task);
            }
        }

        public EnvironmentDocument Update(string name, Func<EnvironmentDocument, EnvironmentDocument> change)
        {
            lock (_lock)
            {
                var changed = change(
                    Current ?? new EnvironmentDocument { EnvironmentName = name, Phase = EnvironmentPhase.Pending }
                );
                Current = changed;
                Signal();
                return changed;
            }
        }

        public void Close()
        {
            lock (_lock)
            {
                _closed = true;
                Signal();
            }
        }

        private void Signal()
        {
            var signal = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            signal.SetResult();
        }
    }
}
