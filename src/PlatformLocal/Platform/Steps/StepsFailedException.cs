namespace PlatformLocal.Platform.Steps;

/// <summary>Steps failed; those done before stay done, and the next run goes on behind them.</summary>
internal sealed class StepsFailedException : PlatformException
{
    internal StepsFailedException(IReadOnlyList<(string Step, Exception Fault)> failures, StepLedger ledger)
        : base(Describe(failures), NextStepOf(failures), failures[0].Fault)
    {
        Steps = [.. failures.Select(f => f.Step)];
        Ledger = ledger;
        Kind = failures[0].Fault is PlatformException fault ? fault.Kind : FailureKind.Failed;
    }

    /// <summary>The steps that failed, the first one first.</summary>
    public IReadOnlyList<string> Steps { get; }

    /// <summary>Where the time went until then.</summary>
    public StepLedger Ledger { get; }

    private static string Describe(IReadOnlyList<(string Step, Exception Fault)> failures) =>
        string.Join("\n", failures.Select(f => $"The step '{f.Step}' failed: {f.Fault.Message}"));

    private static string NextStepOf(IReadOnlyList<(string Step, Exception Fault)> failures)
    {
        var advice = failures
            .Select(f => (f.Fault as PlatformException)?.NextStep)
            .OfType<string>()
            .Distinct(StringComparer.Ordinal)
            .ToList();
        return advice.Count == 0
            ? "Run the command again: it goes on where it stopped."
            : string.Join("\n", advice) + "\nThen run the command again: it goes on where it stopped.";
    }
}
