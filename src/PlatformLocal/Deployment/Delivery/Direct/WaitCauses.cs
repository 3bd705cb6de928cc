using System.Text.RegularExpressions;
using PlatformLocal.Kubernetes.Readiness;

namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>Finds out why objects are not ready: what their pods, volume claims, conditions and events say.</summary>
internal sealed partial class WaitCauses(ReadinessBoard board, LastLogLines logs)
{
    private const int CausesShown = 5;

    /// <summary>Events of claims that tell what they wait for although nothing is wrong.</summary>
    private static readonly string?[] s_claimWaits =
    [
        "WaitForFirstConsumer",
        "WaitForPodScheduled",
        "ExternalProvisioning",
        "Provisioning",
        "Resizing",
        "FileSystemResizeRequired",
    ];

    private static readonly TimeSpan s_startPatience = TimeSpan.FromSeconds(10);

    private readonly Dictionary<(string? Pod, string Container), string> _pulls = [];

    /// <param name="waiting">What is not ready.</param>
    /// <param name="elapsed">How long it is waited for already.</param>
    /// <param name="cancellationToken">Stops asking for logs.</param>
    /// <returns>The causes that are known, the same again as long as nothing changes.</returns>
    public async Task<IReadOnlyList<CauseDocument>> OfAsync(
        IReadOnlyList<WaitingObject> waiting,
        TimeSpan elapsed,
        CancellationToken cancellationToken
    )
    {
        var causes = new List<CauseDocument>();
        foreach (WaitingObject item in waiting)
        {
            var found = new List<CauseDocument>();
            ObjectReference reference = item.Desired.Reference;
            string name = $"{reference.Kind} {reference.Name}";
            if (KnownKinds.RunsPods(reference.Group, reference.Kind))
            {
                AddFailures(name, item.Item, found);
                foreach (
                    ObservedObject pod in WorkloadPods
                        .Of(item.Item, board)
                        .Where(pod => !pod.Readiness.IsCurrent)
                        .OrderBy(pod => pod.Item.Metadata().Text("name"), StringComparer.Ordinal)
                )
                {
                    await AddPodAsync(name, pod, elapsed, found, cancellationToken);
                }
            }
            else if (reference.Kind == "PersistentVolumeClaim" && reference.Group.Length == 0)
            {
                AddVolumeClaim(name, reference.Namespace ?? "", reference.Name, found);
            }
            else
            {
                AddEvent(name, item.Item, found);
            }
            if (found.Count == 0 && item.Readiness.Status is not ReadinessStatus.InProgress)
            {
                // Its controller gave up, or it is being deleted: nobody else says more.
                found.Add(new CauseDocument(name, $"{item.Readiness.Status}", item.Readiness.Message));
            }
            causes.AddRange(Together(found));
            if (causes.Count >= CausesShown)
            {
                break;
            }
        }
        return [.. causes.Take(CausesShown)];
    }

    /// <summary>Replicas that say the same are told of once.</summary>
    private static IEnumerable<CauseDocument> Together(List<CauseDocument> causes) =>
        causes
            .GroupBy(cause => cause.Identity)
            .Select(same =>
                same.Skip(1).Any()
                    ? same.First() with
                    {
                        OtherPods = same.Count() - 1,
                        Restarts = same.Max(cause => cause.Restarts),
                    }
                    : same.First()
            );

    /// <summary>Pods that cannot even be made: quotas, admission, accounts that are missing.</summary>
    private void AddFailures(string name, JsonObject workload, List<CauseDocument> causes)
    {
        if (workload.Condition("ReplicaFailure") is { } failure && failure.Text("status") == "True")
        {
            causes.Add(
                new CauseDocument(
                    name,
                    failure.Text("reason") ?? "ReplicaFailure",
                    Stable(failure.Text("message") ?? "")
                )
            );
            return;
        }
        AddEvent(name, workload, causes);
    }

    private void AddEvent(string name, JsonObject item, List<CauseDocument> causes)
    {
        if (board.NewestEvent(item.Uid()) is { } newest && newest.Text("type") == "Warning")
        {
            causes.Add(CauseOf(name, newest));
        }
    }

    private void AddVolumeClaim(string name, string place, string claim, List<CauseDocument> causes)
    {
        if (
            board.NewestEventOfClaim(place, claim) is { } newest
            && (newest.Text("type") == "Warning" || s_claimWaits.Contains(newest.Text("reason")))
        )
        {
            causes.Add(CauseOf(name, newest));
        }
    }

    private async Task AddPodAsync(
        string name,
        ObservedObject pod,
        TimeSpan elapsed,
        List<CauseDocument> causes,
        CancellationToken cancellationToken
    )
    {
        JsonObject item = pod.Item;
        JsonObject? status = item.Child("status");
        string podName = item.Metadata().Text("name")!;
        JsonObject? scheduled = item.Condition("PodScheduled");
        if (scheduled.Text("status") == "False")
        {
            string reason = scheduled.Text("reason") is { } said and not "Unschedulable" ? said : "FailedScheduling";
            causes.Add(new CauseDocument(name, reason, scheduled.Text("message")?.Trim() ?? "") { Pod = podName });
            foreach (JsonObject volume in item.Child("spec").Items("volumes"))
            {
                if (volume.Child("persistentVolumeClaim").Text("claimName") is { } claim)
                {
                    AddVolumeClaim(
                        $"PersistentVolumeClaim {claim}",
                        item.Metadata().Text("namespace") ?? "",
                        claim,
                        causes
                    );
                }
            }
            return;
        }
        PodTrouble[] troubles = [.. pod.Troubles.Concat(PodTrouble.RecoveringIn(item))];
        foreach (PodTrouble trouble in troubles)
        {
            causes.Add(await CauseOfAsync(name, item, trouble, cancellationToken));
        }
        if (troubles.Length > 0)
        {
            return;
        }
        JsonObject? warning = board.NewestWarning(item.Uid());
        JsonObject[] unready =
        [
            .. status.Items("containerStatuses").Where(container => container.Flag("ready") != true),
        ];
        JsonObject? running = unready.FirstOrDefault(container =>
            container.Child("state").Child("running") is not null
        );
        if (running is null)
        {
            // Volumes that are not mounted, a sandbox or an address that is not to be had.
            if (warning.Text("reason")?.StartsWith("Failed", StringComparison.Ordinal) == true)
            {
                causes.Add(CauseOf(name, warning!) with { Pod = podName });
            }
            return;
        }
        bool isProbe = warning.Text("reason") == "Unhealthy";
        if (isProbe || elapsed >= s_startPatience)
        {
            string container = ContainerIn(warning) ?? running.Text("name") ?? "";
            CauseDocument cause = isProbe
                ? CauseOf(name, warning!)
                : new CauseDocument(name, "NotReady", "runs and does not become ready");
            causes.Add(
                cause with
                {
                    Pod = podName,
                    Container = container,
                    LastLogLine = await logs.RecallAsync(
                        item,
                        container,
                        -1 - (long)(elapsed / s_startPatience),
                        isPrevious: false,
                        cancellationToken
                    ),
                }
            );
        }
    }

    private async Task<CauseDocument> CauseOfAsync(
        string name,
        JsonObject pod,
        PodTrouble trouble,
        CancellationToken cancellationToken
    )
    {
        // Between two attempts the words change and the cause does not.
        string reason = trouble.Reason;
        string message = trouble.Message;
        string? line = null;
        if (trouble.IsImage)
        {
            (string?, string) key = (pod.Uid(), trouble.Container);
            if (reason == "ErrImagePull")
            {
                _pulls[key] = message;
            }
            else if (reason == "ImagePullBackOff" && _pulls.TryGetValue(key, out string? attempt))
            {
                (reason, message) = ("ErrImagePull", attempt);
            }
        }
        else if (trouble.IsCrash)
        {
            reason = trouble.Restarts > 0 ? "CrashLoopBackOff" : reason;
            // What runs again or waits for it ended in its previous run; what stays ended has no other one.
            bool isPrevious = !HasEnded(pod, trouble.Container);
            line = await logs.RecallAsync(pod, trouble.Container, trouble.Restarts, isPrevious, cancellationToken);
            message = logs.Show(message);
        }
        return new CauseDocument(name, reason, message.Trim())
        {
            Pod = pod.Metadata().Text("name"),
            Container = trouble.Container,
            Init = trouble.IsInit ? true : null,
            Restarts = trouble.Restarts > 0 ? trouble.Restarts : null,
            LastLogLine = line,
        };
    }

    private static bool HasEnded(JsonObject pod, string container) =>
        pod.Child("status")
            .Items("initContainerStatuses")
            .Concat(pod.Child("status").Items("containerStatuses"))
            .Any(c => c.Text("name") == container && c.Child("state").Child("terminated") is not null);

    private static CauseDocument CauseOf(string name, JsonObject happened) =>
        new(name, happened.Text("reason") ?? "", Stable(happened.Text("message") ?? ""));

    /// <summary>The container that an event of a pod speaks of.</summary>
    private static string? ContainerIn(JsonObject? happened)
    {
        string path = happened.Child("involvedObject").Text("fieldPath") ?? "";
        int start = path.IndexOf('{', StringComparison.Ordinal);
        return start >= 0 && path.EndsWith('}') ? path[(start + 1)..^1] : null;
    }

    /// <summary>A pod that is tried again and again has another name each time.</summary>
    private static string Stable(string message) => MadeUpName().Replace(message.Trim(), "\"${made}-*\"");

    [GeneratedRegex("\"(?<made>[a-z0-9][a-z0-9.-]*)-[a-z0-9]{5}\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MadeUpName();
}
