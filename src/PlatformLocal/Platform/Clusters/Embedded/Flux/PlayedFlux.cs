using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using PlatformLocal.Deployment.Delivery.Flux;
using PlatformLocal.Deployment.Manifests;
using PlatformLocal.Kubernetes.Processes;

namespace PlatformLocal.Platform.Clusters.Embedded.Flux;

/// <summary>
/// Plays Flux on a cluster where nothing is executed: its kinds, and what its controllers do about them by the cluster's
/// own API. Every status that it writes says that it is played.
/// </summary>
internal sealed partial class PlayedFlux : IAsyncDisposable
{
    private static readonly (string ApiVersion, string Kind)[] s_kinds =
    [
        (FluxKinds.SourceVersion, FluxKinds.OciRepository),
        (FluxKinds.SourceVersion, "GitRepository"),
        (FluxKinds.SourceVersion, "HelmRepository"),
        (FluxKinds.HelmVersion, "HelmRelease"),
        (FluxKinds.KustomizeVersion, FluxKinds.Kustomization),
    ];

    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(5);

    private readonly KubernetesClient _client;
    private readonly PlayedSources _sources;
    private readonly PlayedKustomizations _kustomizations;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<ObjectReference, JsonObject> _known = new();
    private readonly ConcurrentDictionary<ObjectReference, Worker> _workers = new();
    private readonly Task _watches;

    private PlayedFlux(
        KubernetesClient client,
        Func<CancellationToken, Task<ClusterRegistry>> registry,
        string folder,
        TimeProvider time,
        ILoggerFactory loggers
    )
    {
        var programs = new ProgramRunner(time);
        _client = client;
        _time = time;
        _log = loggers.CreateLogger<PlayedFlux>();
        _sources = new PlayedSources(client, registry, programs, folder, time);
        _kustomizations = new PlayedKustomizations(client, _sources, new KubectlKustomize(programs), time);
        _watches = Task.WhenAll(s_kinds.Select(k => Task.Run(() => WatchAsync(k.ApiVersion, k.Kind))));
    }

    /// <summary>The definitions of the kinds, to be applied to the cluster.</summary>
    public static IReadOnlyList<JsonObject> Definitions()
    {
        const string name = "Clusters.Embedded.Flux.flux-kinds.yaml";
        return EmbeddedFiles.Objects(EmbeddedFiles.Read(name), name);
    }

    /// <summary>Begins to play.</summary>
    /// <param name="client">The cluster, which serves the kinds; stays the caller's to dispose, after this.</param>
    /// <param name="registry">Starts the registry in this process.</param>
    /// <param name="folder">Where fetched artifacts are kept.</param>
    /// <param name="time">The clock of waits.</param>
    /// <param name="loggers">Where it tells what no status can.</param>
    public static PlayedFlux Start(
        KubernetesClient client,
        Func<CancellationToken, Task<ClusterRegistry>> registry,
        string folder,
        TimeProvider time,
        ILoggerFactory loggers
    ) => new(client, registry, folder, time, loggers);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watches;
        await Task.WhenAll(_workers.Values.Select(w => w.EndAsync()));
        _stop.Dispose();
    }

    private async Task WatchAsync(string apiVersion, string kind)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await foreach (var change in _client.WatchAsync(apiVersion, kind, null, null, _stop.Token))
                {
                    if (change.Kind != WatchEventKind.Synced)
                    {
                        Note(change);
                    }
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (PlatformException e)
            {
                LogBlind(kind, e.Message);
                await Task.Delay(s_retry, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Note(WatchEvent change)
    {
        var reference = ObjectReference.Of(change.Item);
        if (change.Kind == WatchEventKind.Deleted)
        {
            _known.TryRemove(reference, out _);
            _sources.Forget(change.Item, kept: 0);
            if (_workers.TryRemove(reference, out var worker))
            {
                worker.Forget();
            }
        }
        else
        {
            bool isAsked =
                _known.TryGetValue(reference, out var before)
                && before.Annotation(FluxKinds.RequestedAt) != change.Item.Annotation(FluxKinds.RequestedAt);
            _known[reference] = change.Item;
            _workers
                .GetOrAdd(reference, r => new Worker(token => LookAsync(r, token), _time, _stop.Token))
                .Wake(isAsked || IsOvertaking(change.Item));
        }

        // Whatever a Kustomization waits for is one of these.
        foreach (
            var (other, worker) in _workers.Where(w =>
                w.Key.Kind == FluxKinds.Kustomization && w.Key.Namespace == reference.Namespace && w.Key != reference
            )
        )
        {
            bool isNewBuild =
                reference.Kind == FluxKinds.OciRepository
                && _known.TryGetValue(other, out var item)
                && item.Child("status").Text("lastAttemptedRevision")
                    != change.Item.Child("status").Child("artifact").Text("revision");
            worker.Wake(isNewBuild);
        }
    }

    // A look at what nobody wants any more is broken off, as Flux does where it is told to.
    private static bool IsOvertaking(JsonObject item) =>
        item.IsTerminating()
        || (
            item.Condition("Ready") is { } ready
            && ready.Number("observedGeneration") != item.Metadata().Number("generation")
        );

    private async Task<TimeSpan> LookAsync(ObjectReference reference, CancellationToken cancellationToken)
    {
        if (!_known.TryGetValue(reference, out var item))
        {
            return Timeout.InfiniteTimeSpan;
        }

        try
        {
            switch (reference.Kind)
            {
                case FluxKinds.Kustomization:
                    return await _kustomizations.LookAsync(item, Find, cancellationToken);
                case "HelmRelease":
                    await PlayReleaseAsync(item, cancellationToken);
                    return Timeout.InfiniteTimeSpan;
                default:
                    bool isFailed = await _sources.LookAsync(item, cancellationToken);
                    return isFailed ? s_retry : Timeout.InfiniteTimeSpan;
            }
        }
        catch (Exception e) when (e is PlatformException or IOException or UnauthorizedAccessException)
        {
            LogFailed(reference.ToString(), e.Message);
            return s_retry;
        }

        JsonObject? Find(string kind, string name) =>
            _known.GetValueOrDefault(
                new ObjectReference(
                    kind == FluxKinds.Kustomization ? FluxKinds.KustomizeVersion : FluxKinds.SourceVersion,
                    kind,
                    reference.Namespace,
                    name
                )
            );
    }

    private Task PlayReleaseAsync(JsonObject release, CancellationToken cancellationToken)
    {
        if (release.IsTerminating() || release.Child("spec").Flag("suspend") == true)
        {
            return Task.CompletedTask;
        }

        string? failure = release.Annotation(PlayedStatus.Failure);
        var status = PlayedStatus.Of(
            release,
            failure is null,
            failure is null ? "InstallSucceeded" : "InstallFailed",
            failure ?? "nothing is installed",
            _time.GetUtcNow()
        );
        return PlayedStatus.WriteAsync(_client, release, status, "helm-controller", cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "The played Flux does not see {Kind}: {Message}")]
    private partial void LogBlind(string kind, string message);

    [LoggerMessage(LogLevel.Warning, "The played Flux failed on {What}: {Message}")]
    private partial void LogFailed(string what, string message);

    /// <summary>Looks at one object, one look at a time, again when it was woken meanwhile.</summary>
    private sealed class Worker(Func<CancellationToken, Task<TimeSpan>> look, TimeProvider time, CancellationToken stop)
    {
        private readonly Lock _lock = new();
        private Task _run = Task.CompletedTask;
        private bool _isRunning;
        private bool _isWoken;
        private bool _isForgotten;
        private CancellationTokenSource? _current;
        private ITimer? _timer;

        public void Wake(bool breaksOff)
        {
            CancellationTokenSource? overtaken;
            lock (_lock)
            {
                if (_isForgotten)
                {
                    return;
                }

                _isWoken = true;
                overtaken = breaksOff ? _current : null;
                if (!_isRunning)
                {
                    _isRunning = true;
                    _run = Task.Run(RunAsync);
                }
            }

            overtaken?.Cancel();
        }

        public void Forget()
        {
            lock (_lock)
            {
                _isForgotten = true;
                _timer?.Dispose();
                _current?.Cancel();
            }
        }

        public Task EndAsync()
        {
            Forget();
            return _run;
        }

        private async Task RunAsync()
        {
            while (true)
            {
                CancellationTokenSource current;
                lock (_lock)
                {
                    _timer?.Dispose();
                    _timer = null;
                    if (!_isWoken || _isForgotten || stop.IsCancellationRequested)
                    {
                        _isRunning = false;
                        return;
                    }

                    _isWoken = false;
                    _current = current = CancellationTokenSource.CreateLinkedTokenSource(stop);
                }

                var next = Timeout.InfiniteTimeSpan;
                try
                {
                    next = await look(current.Token);
                }
                catch (OperationCanceledException)
                {
                    // Overtaken: what overtook it has woken this one.
                }

                lock (_lock)
                {
                    _current = null;
                    current.Dispose();
                    if (!_isWoken && !_isForgotten && next != Timeout.InfiniteTimeSpan)
                    {
                        _timer = time.CreateTimer(_ => Wake(false), null, next, Timeout.InfiniteTimeSpan);
                        _isRunning = false;
                        return;
                    }
                }
            }
        }
    }
}
