using PlatformLocal.Kubernetes.Transport;

namespace PlatformLocal.Deployment.Ansible;

/// <summary>A task that failed on a host.</summary>
internal sealed record TaskFailure(string Task, string Host, string Reason);

/// <summary>Reads what the callback <c>ansible.posix.jsonl</c> writes: one event a line.</summary>
/// <param name="report">Is told of every play and task that begins.</param>
internal sealed class PlaybookEvents(Action<string> report)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Task, string Host), TaskFailure> _failures = [];

    /// <summary>What failed last on each host of each task, those left out that the playbook itself ignores.</summary>
    public IReadOnlyList<TaskFailure> Failures
    {
        get
        {
            lock (_lock)
            {
                return [.. _failures.Values];
            }
        }
    }

    /// <summary>The totals of all hosts; <see langword="null"/> while it runs.</summary>
    public PlaybookResult? Result { get; private set; }

    /// <summary>Takes a line of standard output; lines that are no events are left out.</summary>
    public void Read(string line)
    {
        JsonObject? told = line.StartsWith('{') ? JsonBody.Parse(Encoding.UTF8.GetBytes(line)) : null;
        switch (told.Text("_event"))
        {
            case "v2_playbook_on_play_start":
                report(told.Child("play").Text("name") ?? "a play");
                break;
            case "v2_playbook_on_task_start" or "v2_playbook_on_handler_task_start":
                report(TaskOf(told));
                break;
            case "v2_runner_on_failed" or "v2_runner_on_unreachable":
                Fail(told!);
                break;
            case "v2_playbook_on_stats":
                var hosts = told.Child("stats")?.Select(h => h.Value as JsonObject).ToList() ?? [];
                Result = new PlaybookResult(
                    (int)hosts.Sum(h => h.Number("ok") ?? 0),
                    (int)hosts.Sum(h => h.Number("changed") ?? 0)
                );
                break;
        }
    }

    private void Fail(JsonObject told)
    {
        lock (_lock)
        {
            foreach (var (host, value) in told.Child("hosts") ?? [])
            {
                string task = TaskOf(told);
                if (value is JsonObject result)
                {
                    _failures[(task, host)] = new TaskFailure(task, host, ReasonOf(result));
                }
            }
        }
    }

    private static string TaskOf(JsonObject? told) => told.Child("task").Text("name") ?? "a task";

    /// <summary>Why: the module's message, and what the program it ran said last.</summary>
    private static string ReasonOf(JsonObject result)
    {
        // A loop says only that items failed; the items say why.
        if (result.Items("results").FirstOrDefault(r => r.Flag("failed") == true) is { } item)
        {
            return item.Text("_ansible_item_label") is { } label ? $"{label}: {ReasonOf(item)}" : ReasonOf(item);
        }

        string message = result.Text("msg") ?? result.Text("censored") ?? "it gives no reason";
        string? detail = new[] { "stderr", "module_stderr", "exception" }
            .Select(name => LastLine(result.Text(name)))
            .FirstOrDefault(line => line is not null);
        return detail is null || message.Contains(detail, StringComparison.Ordinal) ? message : $"{message}: {detail}";
    }

    private static string? LastLine(string? text) =>
        text?.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).LastOrDefault();
}
