using PlatformLocal.Client;
using PlatformLocal.Core;
using Spectre.Console;

namespace PlatformLocal.Cli.Rendering;

/// <summary>An environment in words.</summary>
internal static class EnvironmentReport
{
    public static int ExitCodeOf(EnvironmentDocument environment) =>
        environment.Phase switch
        {
            EnvironmentPhase.Invalid => ExitCodes.Invalid,
            EnvironmentPhase.Failed => ExitCodes.For(environment.Failure ?? FailureKind.Failed),
            _ => ExitCodes.Done,
        };

    /// <summary>What a deployment came to, with what to do next.</summary>
    public static void WriteOutcome(Terminal terminal, EnvironmentDocument environment)
    {
        terminal.Result.Write(EnvironmentTree.Of(environment));
        WriteWarnings(terminal, environment.Warnings);
        if (environment.Phase is EnvironmentPhase.Failed or EnvironmentPhase.Invalid)
        {
            WriteFailure(terminal, environment);
            return;
        }

        if (environment.Phase != EnvironmentPhase.Ready)
        {
            Line(
                terminal,
                $"Stored; it goes on in the background: platformctl get-environment {environment.EnvironmentName}"
            );
            return;
        }

        Line(terminal, Summary(environment));
        Line(terminal, "Next:");
        Line(terminal, $"  platformctl get-environment {environment.EnvironmentName}");
        Line(terminal, $"  kubectl -n {environment.Namespace} get pods");
        Line(terminal, $"  platformctl destroy-environment {environment.EnvironmentName}");
    }

    public static void WriteFailure(Terminal terminal, EnvironmentDocument environment) =>
        terminal.Fail(environment.Message, environment.NextStep);

    public static void WriteWarnings(Terminal terminal, IReadOnlyList<string> warnings)
    {
        foreach (var warning in warnings)
        {
            terminal.Say($"Note: {warning}");
        }
    }

    /// <summary>A line as it is: no markup, no wrapping, so that it can be copied.</summary>
    public static void Line(Terminal terminal, string text) =>
        terminal.Result.Profile.Out.Writer.WriteLine(CommandText.Copyable(text));

    private static string Summary(EnvironmentDocument environment)
    {
        var changes = environment.Changes ?? new ChangeCounts(0, 0, 0, 0);
        var (created, updated, unchanged, pruned) = changes;
        var what =
            created + updated + pruned == 0
                ? $"unchanged ({unchanged} objects)"
                : string.Join(
                    ", ",
                    new[] { (created, "created"), (updated, "updated"), (unchanged, "unchanged"), (pruned, "removed") }
                        .Where(c => c.Item1 > 0)
                        .Select(c => $"{c.Item1} {c.Item2}")
                ) + " objects";
        var simulated = environment.Simulated ? " Workloads are simulated: nothing is executed." : "";
        return $"{environment.EnvironmentName} is ready: {environment.Services.Count} {(environment.Services.Count == 1 ? "service" : "services")} in {environment.Namespace}, {what}.{simulated}";
    }
}
