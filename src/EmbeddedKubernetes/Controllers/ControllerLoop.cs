using System.Threading.Channels;
using EmbeddedKubernetes.Objects;
using Microsoft.Extensions.Logging;

namespace EmbeddedKubernetes.Controllers;

/// <summary>One thing the cluster keeps in order.</summary>
internal interface IController
{
    /// <summary>Decides which objects a change concerns.</summary>
    void Observe(StoreEvent change, WorkQueue queue);

    /// <summary>Brings one object nearer to what is wanted; may be called for objects that are gone.</summary>
    void Reconcile(ObjectKey key);
}

/// <summary>
/// Runs all controllers, one step at a time: whatever changes wakes the loop, controllers name the objects concerned, and
/// each is reconciled once however often it was named. Between changes nothing runs.
/// </summary>
internal sealed partial class ControllerLoop : IAsyncDisposable
{
    private static readonly TimeSpan s_firstRetry = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_longestRetry = TimeSpan.FromMinutes(5);

    private readonly ClusterObjects _objects;
    private readonly ILogger _log;
    private readonly IController[] _controllers;
    private readonly WorkQueue _queue = new();
    private readonly Channel<(IController Controller, ObjectKey Key)> _due = Channel.CreateUnbounded<(
        IController,
        ObjectKey
    )>();
    private readonly Dictionary<(IController, ObjectKey), int> _failures = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly Timers _timers;
    private Task _running = Task.CompletedTask;
    private volatile bool _resync;

    public ControllerLoop(ClusterObjects objects, TimeSpan podStartDelay, string authorityPem, ILogger log)
    {
        _objects = objects;
        _log = log;
        _timers = new Timers(objects.Time, (controller, key) => _due.Writer.TryWrite((controller, key)));
        var cluster = new ClusterContext(objects, _timers);
        _controllers =
        [
            new NamespaceController(cluster, authorityPem),
            new GarbageCollector(cluster),
            new DefinitionController(cluster),
            new DeploymentController(cluster),
            new ReplicaSetController(cluster),
            new StatefulSetController(cluster),
            new DaemonSetController(cluster),
            new JobController(cluster),
            new PodController(cluster, podStartDelay),
            new ServiceController(cluster),
            new VolumeController(cluster),
            new VolumeProtectionController(cluster),
            new DisruptionController(cluster),
            new AutoscalerController(cluster),
            new GatewayController(cluster),
        ];
        objects.Store.RolledBack = () =>
        {
            _resync = true;
            _due.Writer.TryWrite((_controllers[0], default));
        };
    }

    /// <summary>Works on a thread of its own: it may be busy for long, and requests need those of the pool.</summary>
    public void Start() =>
        _running = Task.Factory.StartNew(
            Run,
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _timers.Dispose();
        _stopping.Dispose();
    }

    private void Run()
    {
        while (!_stopping.IsCancellationRequested)
        {
            using var subscription = _objects.Store.Subscribe(null, "", null)!;
            Resync();
            Follow(subscription);
        }
    }

    /// <summary>Returns when it is over, or when the subscription fell too far behind: then everything is looked at anew.</summary>
    private void Follow(EventSubscription subscription)
    {
        var changed = Task.FromResult(true);
        var due = Task.FromResult(true);
        while (!_stopping.IsCancellationRequested)
        {
            while (subscription.Events.TryRead(out var change))
            {
                Observe(change);
            }
            while (_due.Reader.TryRead(out var item))
            {
                if (item.Key.Resource is not null)
                {
                    _queue.Add(item.Controller, item.Key);
                }
            }
            if (_resync)
            {
                _resync = false;
                _objects.LoadDefinitions();
                Resync();
            }
            if (_queue.TryTake(out var controller, out var key))
            {
                Reconcile(controller, key);
                continue;
            }
            if (changed.IsCompleted)
            {
                changed = subscription.Events.WaitToReadAsync(_stopping.Token).AsTask();
            }
            if (due.IsCompleted)
            {
                due = _due.Reader.WaitToReadAsync(_stopping.Token).AsTask();
            }
            Task.WaitAny(changed, due);
            if (changed.IsCompletedSuccessfully && !changed.Result)
            {
                return;
            }
        }
    }

    private void Resync()
    {
        foreach (var resource in _objects.Store.Resources())
        {
            foreach (var stored in _objects.Store.List(resource))
            {
                Observe(new StoreEvent(ChangeType.Added, stored, null));
            }
        }
    }

    private void Observe(StoreEvent change)
    {
        foreach (var controller in _controllers)
        {
            try
            {
                controller.Observe(change, _queue);
            }
            catch (Exception e)
            {
                // The same boundary: the change is still told to the other controllers.
                LogUnobserved(e, controller.GetType().Name, change.Object.Key);
            }
        }
    }

    private void Reconcile(IController controller, ObjectKey key)
    {
        try
        {
            controller.Reconcile(key);
            _failures.Remove((controller, key));
        }
        catch (ApiException e) when (e.Code == 404)
        {
            // What is missing needs nothing; its return is a change like any other.
            _failures.Remove((controller, key));
        }
        catch (Exception e)
        {
            // A boundary: one object that cannot be reconciled must not stop the others.
            var tries = _failures.GetValueOrDefault((controller, key)) + 1;
            _failures[(controller, key)] = tries;
            var delay = RetryAfter(tries);
            LogFailed(e, controller.GetType().Name, key, tries, delay);
            _timers.After(delay, controller, key);
        }
    }

    private static TimeSpan RetryAfter(int tries) =>
        TimeSpan.FromTicks(
            (long)Math.Min(s_longestRetry.Ticks, s_firstRetry.Ticks * Math.Pow(2, Math.Min(tries, 30) - 1))
        );

    [LoggerMessage(LogLevel.Warning, "{Controller} failed on {Object}, try {Try}; the next one follows in {Delay}")]
    private partial void LogFailed(Exception cause, string controller, ObjectKey @object, int @try, TimeSpan delay);

    [LoggerMessage(LogLevel.Error, "{Controller} could not tell what a change of {Object} concerns")]
    private partial void LogUnobserved(Exception cause, string controller, ObjectKey @object);
}
