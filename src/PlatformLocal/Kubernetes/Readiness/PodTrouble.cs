namespace PlatformLocal.Kubernetes.Readiness;

/// <summary>Why one container of a pod does not run.</summary>
/// <param name="Container">The container.</param>
/// <param name="Reason">Kubernetes' word for it, such as <c>CrashLoopBackOff</c> or <c>ErrImagePull</c>.</param>
/// <param name="Message">More, if anybody said more.</param>
/// <param name="Restarts">How often the container was started again.</param>
public sealed record PodTrouble(string Container, string Reason, string Message, long Restarts)
{
    /// <summary>Whether the image cannot be had.</summary>
    public bool IsImage => Reason is "ImagePullBackOff" or "ErrImagePull" or "InvalidImageName" or "ErrImageNeverPull";

    /// <summary>Whether the container ran and ended with a failure.</summary>
    public bool IsCrash { get; init; }

    /// <summary>Whether it is a container that has to end before the others begin.</summary>
    public bool IsInit { get; init; }

    /// <summary>The container with what it is.</summary>
    public string Place => $"{(IsInit ? "init container" : "container")} {Container}";

    /// <summary>Everything that keeps a pod's containers from running, init containers first.</summary>
    public static IEnumerable<PodTrouble> Of(JsonObject pod)
    {
        foreach ((JsonObject container, bool isInit) in ContainersOf(pod))
        {
            JsonObject? state = container.Child("state");
            JsonObject? last = container.Child("lastState").Child("terminated");
            long restarts = container.Number("restartCount") ?? 0;
            string name = container.Text("name") ?? "";
            if (state.Child("waiting") is { } waiting && waiting.Text("reason") is { } reason)
            {
                if (reason is not ("ContainerCreating" or "PodInitializing"))
                {
                    bool isCrash = reason == "CrashLoopBackOff";
                    // How long the next start is put off says less than how the last run ended.
                    string message = isCrash && last is not null ? Ended(last) : waiting.Text("message") ?? Ended(last);
                    yield return new PodTrouble(name, reason, message, restarts) { IsInit = isInit, IsCrash = isCrash };
                }
            }
            else if (state.Child("terminated") is { } terminated && HasFailed(terminated))
            {
                yield return new PodTrouble(
                    name,
                    terminated.Text("reason") ?? "Error",
                    // From the first restart on it is a crash loop: then the reason is told by this alone.
                    Ended(terminated, hasReason: restarts > 0),
                    restarts
                )
                {
                    IsInit = isInit,
                    IsCrash = true,
                };
            }
        }
    }

    /// <summary>The containers that run again after a crash and are not ready yet, with how they ended.</summary>
    public static IEnumerable<PodTrouble> RecoveringIn(JsonObject pod) =>
        from pair in ContainersOf(pod)
        let last = pair.Container.Child("lastState").Child("terminated")
        where
            pair.Container.Child("state").Child("running") is not null
            && pair.Container.Flag("ready") != true
            && HasFailed(last)
        select new PodTrouble(
            pair.Container.Text("name") ?? "",
            last.Text("reason") ?? "Error",
            Ended(last),
            pair.Container.Number("restartCount") ?? 0
        )
        {
            IsInit = pair.IsInit,
            IsCrash = true,
        };

    /// <summary>The trouble as a clause.</summary>
    public override string ToString()
    {
        string text = Message.Length == 0 ? $"{Place}: {Reason}" : $"{Place}: {Reason}: {Message}";
        return Restarts == 0 ? text : $"{text} ({Counted.Of(Restarts, "restart")})";
    }

    private static IEnumerable<(JsonObject Container, bool IsInit)> ContainersOf(JsonObject pod) =>
        pod.Child("status")
            .Items("initContainerStatuses")
            .Select(container => (container, true))
            .Concat(pod.Child("status").Items("containerStatuses").Select(container => (container, false)));

    private static bool HasFailed(JsonObject? terminated) => terminated.Number("exitCode") is not (null or 0);

    private static string Ended(JsonObject? terminated, bool hasReason = true)
    {
        if (terminated is null)
        {
            return "";
        }
        string why = hasReason && terminated.Text("reason") is { } reason and not "Error" ? $" ({reason})" : "";
        string code = $"exit code {terminated.Number("exitCode")}{why}";
        return terminated.Text("message")?.Trim() is { Length: > 0 } message ? $"{code}: {message}" : code;
    }
}
