using Spectre.Console;

namespace PlatformLocal.Cli.Rendering;

/// <summary>An environment's history in words, newest first.</summary>
internal static class HistoryReport
{
    private const int Shown = 10;
    private const int ChangesShown = 4;
    private const int FailuresShown = 3;
    private const int LinesShown = 6;

    /// <param name="terminal">Where to.</param>
    /// <param name="history">The rollouts, newest first.</param>
    /// <param name="told">The failure that is told anyway.</param>
    /// <param name="own">The environment, when it has a cluster of its own.</param>
    public static void Write(Terminal terminal, IReadOnlyList<RolloutDocument> history, string? told, string? own)
    {
        if (history.Count == 0)
        {
            return;
        }

        terminal.Line("");
        var table = Tables.New("NO", "WHEN", "OUTCOME", "CAUSE", "CHANGES");
        foreach (var rollout in history.Take(Shown))
        {
            table.AddRow(
                rollout.Number.ToString(),
                $"{rollout.Time:yyyy-MM-dd HH:mm:ss}Z",
                Outcome(rollout.Outcome),
                Cause(rollout).EscapeMarkup(),
                Changes(rollout).EscapeMarkup()
            );
        }

        terminal.Result.Write(table);
        foreach (
            var failed in history
                .Take(Shown)
                .Where(r => r.Outcome == RolloutOutcome.Failed && r.Message is not null && r.Message != told)
                .Take(FailuresShown)
        )
        {
            var lines = CommandText.Copyable(failed.Message!, own).Split('\n');
            terminal.Line($"{failed.Number} failed: {string.Join("\n  ", lines.Take(LinesShown))}");
            if (lines.Length > LinesShown)
            {
                terminal.Line("  and more, in: --output json");
            }
        }

        if (history.Count > Shown)
        {
            terminal.Line($"{Counted.Of(history.Count - Shown, "older one is", "older ones are")} in: --output json");
        }
    }

    private static string Outcome(RolloutOutcome outcome) =>
        outcome switch
        {
            RolloutOutcome.Ready => "[green]ready[/]",
            RolloutOutcome.Failed => "[red]failed[/]",
            RolloutOutcome.InProgress => "[yellow]in progress[/]",
            _ => "superseded",
        };

    private static string Cause(RolloutDocument rollout)
    {
        var what = rollout.Cause switch
        {
            RolloutCause.Claim => "claim",
            RolloutCause.Upgrade => "upgrade",
            RolloutCause.AutomaticUpdate => "automatic update",
            RolloutCause.Rollback => $"rollback to {rollout.BackTo}",
            RolloutCause.AutomaticRollback => $"automatic rollback to {rollout.BackTo}",
            _ => "workspace changed",
        };
        return rollout.By is { } by ? $"{what} by {by}" : what;
    }

    private static string Changes(RolloutDocument rollout)
    {
        var changes = rollout.Changes;
        if (changes.All(c => c is { What: "service", From: null }) && changes.Count > ChangesShown)
        {
            return $"{changes.Count} services added";
        }

        var more = changes.Count > ChangesShown ? $" and {changes.Count - ChangesShown} more" : "";
        return changes.Count == 0
            ? (rollout.BackTo is { } number ? $"as it was at {number}" : "the claim alone")
            : string.Join(", ", changes.Take(ChangesShown).Select(c => c.ToChange())) + more;
    }
}
