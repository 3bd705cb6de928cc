using PlatformLocal.Kubernetes.Readiness;

namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>Gathers what a person would look up next: conditions, pods, last log lines and events of objects that are not ready.</summary>
internal sealed class FailureReport(
    KubernetesClient client,
    DirectDeliveryOptions options,
    ReadinessBoard board,
    LastLogLines logs,
    string targetNamespace
)
{
    private const int ObjectsShown = 5;
    private const int PodsShown = 3;
    private const int EventsShown = 3;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Says what is wrong with a service.</summary>
    /// <param name="service">The service.</param>
    /// <param name="blamed">The objects that are to blame.</param>
    /// <param name="causes">What was found out while waiting.</param>
    /// <param name="others">How many others are not ready either.</param>
    /// <param name="timeout">The time that ran out; <see langword="null"/> when there was no point in waiting for it.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    public async Task<ServiceFailedException> WriteAsync(
        string service,
        IReadOnlyList<WaitingObject> blamed,
        IReadOnlyList<CauseDocument> causes,
        int others,
        TimeSpan? timeout,
        CancellationToken cancellationToken
    )
    {
        using var patience = new CancellationTokenSource(s_patience, options.TimeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var lines = new List<string>
        {
            timeout is { } time ? $"is not ready after {time.TotalSeconds:0.#} s." : "has failed.",
        };
        var steps = new List<string>();
        foreach (WaitingObject item in blamed.Take(ObjectsShown))
        {
            lines.Add($"{item.Desired.Reference}: {item.Readiness.Message}");
            foreach (string detail in await DetailsAsync(item, steps, both.Token))
            {
                lines.Add($"  {detail}");
            }
        }
        lines.AddRange(causes.Where(BlockingPod.IsCause).Select(cause => cause.ToString()));
        steps.AddRange(
            causes
                .Where(cause => cause.Reason == BlockingPod.Blocks)
                .Select(cause => ShellCommand.Kubectl(targetNamespace, "delete", "pod", cause.Pod!))
        );
        int more = Math.Max(0, blamed.Count - ObjectsShown) + others;
        if (more > 0)
        {
            lines.Add($"{Counted.Of(more, "more object is", "more objects are")} not ready.");
        }
        return new ServiceFailedException(
            service,
            lines,
            steps,
            timeout is null ? FailureKind.Failed : FailureKind.NotReadyInTime
        );
    }

    private async Task<List<string>> DetailsAsync(
        WaitingObject item,
        List<string> steps,
        CancellationToken cancellationToken
    )
    {
        ObjectReference reference = item.Desired.Reference;
        var lines = new List<string>();
        ObservedObject[] pods = KnownKinds.RunsPods(reference.Group, reference.Kind)
            ?
            [
                .. WorkloadPods
                    .Of(item.Item, board)
                    .Where(pod => !pod.Readiness.IsCurrent)
                    .OrderByDescending(pod => pod.Troubles.Count),
            ]
            : [];
        foreach (ObservedObject pod in pods.Take(PodsShown))
        {
            await AddPodAsync(pod, reference, lines, steps, cancellationToken);
        }
        // After the pods, which are what they speak of.
        foreach (JsonObject condition in item.Item.Child("status").Items("conditions"))
        {
            lines.Add(
                $"condition {condition.Text("type")}={condition.Text("status")}: {ReadinessRules.Describe(condition)}"
            );
        }
        await AddEventsAsync(
            reference.Kind,
            reference.Namespace ?? "default",
            reference.Name,
            lines,
            cancellationToken
        );
        if (reference.Kind == "Deployment" && item.Item.Child("spec").Flag("paused") == true)
        {
            bool isWanted = item.Desired.Content.Child("spec").Flag("paused") == true;
            steps.Add(
                isWanted
                    ? $"Take spec.paused out of the manifest of Deployment {reference.Name} and deploy again."
                    : $"Somebody paused it: {ShellCommand.Kubectl(reference.Namespace, "rollout", "resume", "deployment", reference.Name)}"
            );
        }
        steps.Add(reference.Kubectl("describe"));
        return lines;
    }

    private async Task AddPodAsync(
        ObservedObject pod,
        ObjectReference workload,
        List<string> lines,
        List<string> steps,
        CancellationToken cancellationToken
    )
    {
        string name = pod.Item.Metadata().Text("name")!;
        string place = pod.Item.Metadata().Text("namespace") ?? targetNamespace;
        string on = pod.Item.Child("spec").Text("nodeName") is { } node ? $" on {node}" : "";
        if (pod.Troubles.Count == 0)
        {
            lines.Add($"pod {name}{on}: {pod.Readiness.Message}");
            // What runs and never gets ready often says why.
            foreach (
                string container in pod
                    .Item.Child("status")
                    .Items("containerStatuses")
                    .Where(c => c.Flag("ready") != true && c.Child("state").Child("running") is not null)
                    .Select(c => c.Text("name"))
                    .OfType<string>()
            )
            {
                await AddLogAsync(place, name, container, isPrevious: false, lines, steps, cancellationToken);
            }
        }
        foreach (PodTrouble trouble in pod.Troubles)
        {
            lines.Add($"pod {name}{on}: {(trouble.IsCrash ? logs.Show(trouble.ToString()) : trouble.ToString())}");
            if (!trouble.IsImage)
            {
                await AddLogAsync(
                    place,
                    name,
                    trouble.Container,
                    isPrevious: trouble.Restarts > 0,
                    lines,
                    steps,
                    cancellationToken
                );
            }
        }
        if (workload.Name != name)
        {
            await AddEventsAsync("Pod", place, name, lines, cancellationToken);
        }
    }

    private async Task AddLogAsync(
        string place,
        string pod,
        string container,
        bool isPrevious,
        List<string> lines,
        List<string> steps,
        CancellationToken cancellationToken
    )
    {
        if (await logs.ReadAsync(place, pod, container, isPrevious, cancellationToken) is { } line)
        {
            lines.Add($"  last log line: {line}");
        }
        string[] previous = isPrevious ? ["--previous"] : [];
        steps.Add(ShellCommand.Kubectl(place, ["logs", pod, "-c", container, .. previous]));
    }

    private async Task AddEventsAsync(
        string kind,
        string place,
        string name,
        List<string> lines,
        CancellationToken cancellationToken
    )
    {
        try
        {
            ObjectList events = await client.ListAsync(
                "v1",
                "Event",
                place,
                new ListOptions { FieldSelector = $"involvedObject.kind={kind},involvedObject.name={name}" },
                cancellationToken
            );
            IEnumerable<JsonObject> last = events
                .Items.OrderByDescending(item => item.Text("type") == "Warning")
                .ThenByDescending(
                    item => item.Text("lastTimestamp") ?? item.Text("eventTime") ?? "",
                    StringComparer.Ordinal
                )
                .Take(EventsShown);
            foreach (JsonObject item in last)
            {
                string count = item.Number("count") is > 1 and var times ? $" ({times} times)" : "";
                lines.Add($"event {item.Text("type")} {item.Text("reason")}: {item.Text("message")?.Trim()}{count}");
            }
        }
        catch (Exception fault) when (fault is PlatformException or OperationCanceledException)
        {
            // Events are a courtesy; the failure itself is being told.
        }
    }
}
