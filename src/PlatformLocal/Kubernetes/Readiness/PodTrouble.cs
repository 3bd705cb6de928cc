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

    /// <summary>Everything that keeps a pod's containers from running, init containers first.</summary>
    public static IEnumerable<PodTrouble> Of(JsonObject pod)
    {
        JsonObject? status = pod.Child("status");
        IEnumerable<JsonObject> containers = status
            .Items("initContainerStatuses")
            .Concat(status.Items("containerStatuses"));
        foreach (JsonObject container in containers)
        {
            JsonObject? state = container.Child("state");
            long restarts = container.Number("restartCount") ?? 0;
            string name = container.Text("name") ?? "";
            if (state.Child("waiting") is { } waiting && waiting.Text("reason") is { } reason)
            {
                if (reason is not ("ContainerCreating" or "PodInitializing"))
                {
                    string message = waiting.Text("message") ?? Ended(container.Child("lastState").Child("terminated"));
                    yield return new PodTrouble(name, reason, message, restarts);
                }
            }
            else if (state.Child("terminated") is { } terminated && terminated.Number("exitCode") is not (null or 0))
            {
                yield return new PodTrouble(name, terminated.Text("reason") ?? "Error", Ended(terminated), restarts);
            }
        }
    }

    /// <summary>The trouble as a clause.</summary>
    public override string ToString()
    {
        string text =
            Message.Length == 0 ? $"container {Container}: {Reason}" : $"container {Container}: {Reason}: {Message}";
        return Restarts == 0 ? text : $"{text} ({Restarts} restarts)";
    }

    private static string Ended(JsonObject? terminated) =>
        terminated is null ? ""
        : terminated.Text("message")?.Trim() is { Length: > 0 } message ? message
        : $"exit code {terminated.Number("exitCode")}";
}
