namespace PlatformLocal.Cli.Rendering;

/// <summary>What a deployment came to: in words with what to do next, and as an exit code.</summary>
internal static class DeploymentOutcome
{
    public static int ExitCodeOf(EnvironmentDocument environment) =>
        environment.Phase switch
        {
            EnvironmentPhase.Invalid => ExitCodes.Invalid,
            EnvironmentPhase.Failed => ExitCodes.For(environment.Failure ?? FailureKind.Failed),
            // Ready, and not with what was deployed.
            _ => environment.Failure is { } kind ? ExitCodes.For(kind) : ExitCodes.Done,
        };

    public static void Write(Terminal terminal, EnvironmentDocument environment)
    {
        terminal.Result.Write(EnvironmentTree.Of(environment));
        terminal.Notes(environment.Warnings);
        var own = environment.Cluster is null ? null : environment.EnvironmentName;
        if (ExitCodeOf(environment) != ExitCodes.Done)
        {
            terminal.Fail(environment.Message, environment.NextStep, own);
            return;
        }

        terminal.Line(Summary(environment));
        terminal.Line("Next:");
        Tell($"  {ShellCommand.Platformctl("get-environment", environment.EnvironmentName)}");
        Tell($"  {ShellCommand.Kubectl(environment.Namespace, "get", "pods")}");
        Tell($"  {ShellCommand.Platformctl("destroy-environment", environment.EnvironmentName)}");

        void Tell(string line) => terminal.Line(CommandText.Copyable(line, own));
    }

    /// <summary>What was accepted, when nobody waits for what comes of it.</summary>
    public static void WriteAccepted(Terminal terminal, EnvironmentDocument environment)
    {
        var name = environment.EnvironmentName;
        terminal.Line($"Accepted: {name}, revision {environment.Revision}.");
        foreach (var service in environment.Services)
        {
            terminal.Line($"  {service.Name} {service.Version}");
        }

        var first = environment.Phase == EnvironmentPhase.Deleting ? " once what is being removed is gone" : "";
        terminal.Line(
            CommandText.Copyable(
                $"It is delivered in the background{first}; see how far it is: {ShellCommand.Platformctl("get-environment", name)}"
            )
        );
    }

    private static string Summary(EnvironmentDocument environment)
    {
        var simulated = environment.Simulated ? " Workloads are simulated: nothing is executed." : "";
        return $"{environment.EnvironmentName} is ready: {Counted.Of(environment.Services.Count, "service")} in {environment.Namespace}, "
            + $"{environment.Changes ?? new ChangeCounts(0, 0, 0, 0)}.{simulated}";
    }
}
