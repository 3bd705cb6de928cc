namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>Gets into the cluster, and waits for, what of a service somebody else applies.</summary>
/// <param name="service">The service.</param>
/// <param name="wait">Makes a wait for objects of it, which has vanished ones made again by what it is given.</param>
/// <param name="onWait">Is told what is waited for and why.</param>
/// <param name="cancellationToken">Stops waiting.</param>
internal delegate Task ServiceCarrier(
    ServiceDelivery service,
    Func<Func<DesiredObject, CancellationToken, Task<AppliedObject>>, ServiceWait> wait,
    Action<string, IReadOnlyList<CauseDocument>> onWait,
    CancellationToken cancellationToken
);

/// <summary>
/// Delivers the services of one request in the order of their dependencies, independent ones at once. Where somebody else
/// applies most of a service, all that he needs is applied before anything of his, and what refers to it after.
/// </summary>
internal sealed class ServiceRun(
    KubernetesClient client,
    DirectDeliveryOptions options,
    DesiredState state,
    ObjectApplier applier,
    DryRun trial,
    ReadinessBoard board,
    IProgress<ServiceProgress> progress,
    ServiceCarrier? carrier = null
)
{
    private readonly ILookup<string, DesiredObject> _objects = state.Objects.ToLookup(
        item => item.Service,
        StringComparer.Ordinal
    );
    private readonly ConcurrentDictionary<ObjectKey, AppliedObject> _applied = new();
    private readonly ConcurrentDictionary<string, IReadOnlyList<CauseDocument>> _causes = new(StringComparer.Ordinal);
    private readonly LastLogLines _logs = new(client, options, state);
    private readonly WaitClock _clock = state.Request.Clock ?? new WaitClock(options.TimeProvider);

    /// <summary>What was applied so far.</summary>
    public IReadOnlyDictionary<ObjectKey, AppliedObject> Applied => _applied;

    /// <summary>Applies what the environment has beside its services: quotas count, and policies hold, from the first pod on.</summary>
    /// <exception cref="PlatformException">An object was refused.</exception>
    public async Task ApplyOwnAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(
            _objects[""]
                .Select(async item =>
                    _applied[item.Key] = await applier.ApplyAsync(item, onWait: null, cancellationToken)
                )
        );

    /// <summary>Applies what whoever carries the services needs: nothing of his is begun when any of it is refused.</summary>
    /// <exception cref="PlatformException">An object was refused: all failures together.</exception>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        Outcome[] outcomes = await Task.WhenAll(
            state.Request.Services.Select(service =>
                OutcomeOfAsync(
                    service,
                    () =>
                        ApplyWavesAsync(
                            service,
                            wave => wave != Wave.Rest,
                            (message, _) => Report(service, ServicePhase.Applying, message),
                            cancellationToken
                        )
                )
            )
        );
        ThrowIfAny(outcomes);
    }

    /// <summary>Delivers all services.</summary>
    /// <exception cref="PlatformException">Some could not be delivered: all failures together, and who waited for them.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, ServiceDelivery> services = state.Request.Services.ToDictionary(
            s => s.Name,
            StringComparer.Ordinal
        );
        var runs = new Dictionary<string, Task<Outcome>>(StringComparer.Ordinal);
        foreach (ServiceGroup group in ServiceGraph.Order(state.Request.Services))
        {
            // Groups come after those they depend on, so their runs exist.
            (string Name, Task<Outcome> Run)[] before = [.. group.DependsOn.Select(name => (name, runs[name]))];
            foreach (string name in group.Members)
            {
                runs[name] = RunAsync(services[name], before, cancellationToken);
            }
        }
        ThrowIfAny(await Task.WhenAll(runs.Values));
    }

    private void ThrowIfAny(Outcome[] outcomes)
    {
        ServiceFailedException[] failures =
        [
            .. outcomes.Select(outcome => outcome.Failure).OfType<ServiceFailedException>(),
        ];
        if (failures.Length > 0)
        {
            string[] blocked = [.. outcomes.Select(outcome => outcome.Blocked).OfType<string>()];
            throw ServiceFailedException.Join(state.Request.Environment, failures, blocked);
        }
    }

    private async Task<Outcome> RunAsync(
        ServiceDelivery service,
        (string Name, Task<Outcome> Run)[] before,
        CancellationToken cancellationToken
    )
    {
        await Task.Yield();
        if (before.Length > 0)
        {
            Report(service, ServicePhase.Pending, $"waits for {string.Join(", ", before.Select(other => other.Name))}");
        }
        foreach ((string name, Task<Outcome> run) in before)
        {
            if (!(await run).IsReady)
            {
                string reason = $"was not applied because {name} is not ready";
                IReadOnlyList<PlatformException> refusals = await RefusalsAsync(
                    _objects[service.Name],
                    cancellationToken
                );
                if (refusals.Count > 0)
                {
                    // Whoever corrects the other one is not to hear of these only then.
                    string what = Counted.Of(refusals.Count, "object is refused", "objects are refused");
                    return Fail(service, Refused(service, $"{reason}, and {what}.", refusals));
                }
                Report(service, ServicePhase.Pending, reason);
                return new Outcome(Failure: null, Blocked: $"{service.Name}: {reason}.");
            }
        }
        Outcome outcome = await OutcomeOfAsync(service, () => DeliverAsync(service, cancellationToken));
        if (outcome.IsReady)
        {
            Report(service, ServicePhase.Ready, message: null);
        }
        return outcome;
    }

    private async Task<Outcome> OutcomeOfAsync(ServiceDelivery service, Func<Task> run)
    {
        try
        {
            await run();
            return new Outcome(Failure: null, Blocked: null);
        }
        catch (ServiceFailedException failure)
        {
            return Fail(service, failure);
        }
        catch (PlatformException fault)
        {
            string[] steps = fault.NextStep is null ? [] : [fault.NextStep];
            return Fail(service, new ServiceFailedException(service.Name, [fault.Message], steps, fault.Kind, fault));
        }
    }

    private Outcome Fail(ServiceDelivery service, ServiceFailedException failure)
    {
        Report(service, ServicePhase.Failed, string.Join('\n', failure.Lines));
        return new Outcome(failure, Blocked: null);
    }

    /// <summary>Why objects that were not applied would be refused; a cluster that is away refuses none.</summary>
    private async Task<IReadOnlyList<PlatformException>> RefusalsAsync(
        IEnumerable<DesiredObject> objects,
        CancellationToken cancellationToken
    ) =>
        [
            .. (await trial.LookAsync([.. objects], cancellationToken)).Refusals.Where(fault =>
                fault is not KubernetesException { Code: 0 }
            ),
        ];

    private static ServiceFailedException Refused(
        ServiceDelivery service,
        string what,
        IReadOnlyList<PlatformException> faults
    ) =>
        new(
            service.Name,
            [what, .. faults.Select(fault => fault.Message)],
            [.. faults.Select(fault => fault.NextStep).OfType<string>().Distinct(StringComparer.Ordinal)],
            faults.Select(fault => fault.Kind).Distinct().Count() == 1 ? faults[0].Kind : FailureKind.Failed,
            faults[0]
        );

    private async Task DeliverAsync(ServiceDelivery service, CancellationToken cancellationToken)
    {
        var done = new List<AppliedObject>();
        string lastMessage = "";
        Action<string, IReadOnlyList<CauseDocument>> onWait = (message, causes) =>
        {
            if (message != lastMessage || !causes.SequenceEqual(_causes.GetValueOrDefault(service.Name) ?? []))
            {
                lastMessage = message;
                _causes[service.Name] = causes;
                Report(service, ServicePhase.Waiting, message);
            }
        };
        Report(service, ServicePhase.Applying, message: null);
        if (carrier is not null)
        {
            await carrier(service, again => NewWait(service, again), onWait, cancellationToken);
        }
        done.AddRange(
            await ApplyWavesAsync(service, wave => carrier is null || wave == Wave.Rest, onWait, cancellationToken)
        );
        await NewWait(service, ApplyAgainAsync).RunAsync(done, service.Timeout, onWait, cancellationToken);
        if (service.AfterReady is { } afterReady)
        {
            await afterReady(message => onWait(message, []), cancellationToken);
        }
    }

    private async Task<List<AppliedObject>> ApplyWavesAsync(
        ServiceDelivery service,
        Func<Wave, bool> which,
        Action<string, IReadOnlyList<CauseDocument>> onWait,
        CancellationToken cancellationToken
    )
    {
        var done = new List<AppliedObject>();
        foreach (
            IGrouping<Wave, DesiredObject> wave in _objects[service.Name]
                .Where(item => which(item.Wave))
                .GroupBy(item => item.Wave)
                .OrderBy(g => g.Key)
        )
        {
            (IReadOnlyList<AppliedObject> applied, IReadOnlyList<PlatformException> faults) = await ApplyAsync(
                service,
                wave,
                cancellationToken
            );
            if (faults.Count > 0)
            {
                PlatformException[] all =
                [
                    .. faults,
                    .. await RefusalsAsync(_objects[service.Name].Where(o => o.Wave > wave.Key), cancellationToken),
                ];
                throw Refused(
                    service,
                    all.Length == 1 ? "an object was refused." : $"{all.Length} objects were refused.",
                    all
                );
            }
            if (wave.Key == Wave.Foundation)
            {
                await NewWait(service, ApplyAgainAsync).RunAsync(applied, service.Timeout, onWait, cancellationToken);
            }
            else
            {
                done.AddRange(applied);
            }
        }
        return done;
    }

    private ServiceWait NewWait(
        ServiceDelivery service,
        Func<DesiredObject, CancellationToken, Task<AppliedObject>> again
    ) => new(client, options, board, again, _logs, _clock, service.Name, state.Request.Namespace);

    private async Task<AppliedObject> ApplyAgainAsync(DesiredObject desired, CancellationToken cancellationToken)
    {
        AppliedObject again = await applier.ApplyAsync(desired, onWait: null, cancellationToken);
        return _applied[desired.Key] = again with
        {
            Change = ChangeKind.Recreated,
            Note = SharedState.Join("somebody deleted it", again.Note),
        };
    }

    private async Task<(IReadOnlyList<AppliedObject> Applied, IReadOnlyList<PlatformException> Faults)> ApplyAsync(
        ServiceDelivery service,
        IEnumerable<DesiredObject> objects,
        CancellationToken cancellationToken
    )
    {
        using var timeout = new CancellationTokenSource(service.Timeout, options.TimeProvider);
        ApplyWait? waits = null;
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var faults = new ConcurrentQueue<PlatformException>();
        var applied = new ConcurrentQueue<AppliedObject>();
        await Task.WhenAll(objects.Select(ApplyOneAsync));
        return ([.. applied], [.. faults]);

        void OnWait(ApplyWait wait)
        {
            if (Interlocked.Exchange(ref waits, wait) != wait)
            {
                Report(service, ServicePhase.Applying, wait.Message);
            }
        }

        async Task ApplyOneAsync(DesiredObject desired)
        {
            try
            {
                AppliedObject result = await applier.ApplyAsync(desired, OnWait, both.Token);
                _applied[desired.Key] = result;
                applied.Enqueue(result);
            }
            catch (PlatformException fault)
            {
                faults.Enqueue(fault);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                faults.Enqueue(
                    new PlatformException(
                        FailureKind.NotReadyInTime,
                        $"{desired.Reference} could not be applied within {service.Timeout.TotalSeconds:0.#} s"
                            + (waits is null ? "." : $": it {waits.Message}."),
                        waits?.NextStep ?? $"Look at it with: {desired.Reference.Kubectl("describe")}"
                    )
                );
            }
        }
    }

    private void Report(ServiceDelivery service, ServicePhase phase, string? message) =>
        progress.Report(
            new ServiceProgress(service.Name, phase, message)
            {
                Causes = phase is ServicePhase.Waiting or ServicePhase.Failed
                    ? _causes.GetValueOrDefault(service.Name) ?? []
                    : [],
            }
        );

    /// <summary>How a service's run ended.</summary>
    private sealed record Outcome(ServiceFailedException? Failure, string? Blocked)
    {
        public bool IsReady => Failure is null && Blocked is null;
    }
}
