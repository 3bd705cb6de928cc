using System.Text.Json.Serialization;

namespace PlatformLocal.Client;

/// <summary>One reason why something is not ready, as the cluster says it.</summary>
/// <param name="Subject">What is not ready, such as <c>Deployment web</c>.</param>
/// <param name="Reason">Kubernetes' word for it, such as <c>ErrImagePull</c> or <c>FailedScheduling</c>.</param>
/// <param name="Message">The same in a sentence.</param>
public sealed record CauseDocument(string Subject, string Reason, string Message)
{
    /// <summary>The pod it was found at; absent when it is not one pod's.</summary>
    public string? Pod { get; init; }

    /// <summary>The container it was found at; absent when it is not one container's.</summary>
    public string? Container { get; init; }

    /// <summary>Whether the container has to end before the others begin; absent when not.</summary>
    public bool? Init { get; init; }

    /// <summary>How often the container was started again; absent when it never was.</summary>
    public long? Restarts { get; init; }

    /// <summary>How many other pods say the same; absent when none does.</summary>
    public int? OtherPods { get; init; }

    /// <summary>The last line the container wrote, without what would command a terminal and without known secrets.</summary>
    public string? LastLogLine { get; init; }

    /// <summary>What it is known by: as long as this is the same, there is nothing new to tell.</summary>
    /// <remarks>A line that differs in its digits only was written at another time, and says the same.</remarks>
    [JsonIgnore]
    public (string, string, string?, string, string?) Identity =>
        (
            Subject,
            Reason,
            Container,
            Message,
            LastLogLine is null ? null : string.Concat(LastLogLine.Where(c => !char.IsAsciiDigit(c)))
        );

    /// <summary>The cause as a sentence without its end.</summary>
    public override string ToString()
    {
        var place = Pod is null ? Subject : $"Pod {Pod}";
        if (Container is not null)
        {
            place += $", {(Init == true ? "init container" : "container")} {Container}";
        }

        var text = new StringBuilder($"{place}: {Reason}");
        if (Message.Length > 0)
        {
            text.Append(": ").Append(Message);
        }

        var counts = new[]
        {
            Restarts is { } restarts ? Counted.Of(restarts, "restart") : null,
            OtherPods is { } others ? Counted.Of(others, "more pod") : null,
        };
        if (counts.Any(c => c is not null))
        {
            text.Append(" (").AppendJoin(", ", counts.OfType<string>()).Append(')');
        }

        return LastLogLine is { } line ? text.Append("; last log line: ").Append(line).ToString() : text.ToString();
    }
}
