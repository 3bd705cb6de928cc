namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>One service could not be delivered; becomes a part of the failure of the whole delivery.</summary>
/// <param name="service">The service.</param>
/// <param name="lines">What is wrong: a sentence and details below it, each a line.</param>
/// <param name="steps">What to try.</param>
/// <param name="failure">The kind of failure.</param>
/// <param name="inner">The cause.</param>
internal sealed class ServiceFailedException(
    string service,
    IReadOnlyList<string> lines,
    IReadOnlyList<string> steps,
    FailureKind failure,
    Exception? inner = null
) : Exception(lines[0], inner)
{
    public string Service { get; } = service;

    public IReadOnlyList<string> Lines { get; } = lines;

    public IReadOnlyList<string> Steps { get; } = steps;

    public FailureKind Failure { get; } = failure;

    /// <summary>All failures as one, so that the user sees them together.</summary>
    public static PlatformException Join(
        string environment,
        IReadOnlyList<ServiceFailedException> failures,
        IReadOnlyList<string> blocked
    )
    {
        var lines = new List<string> { $"The environment {environment} was not delivered completely." };
        foreach (ServiceFailedException failure in failures)
        {
            lines.Add($"{failure.Service}: {failure.Lines[0]}");
            lines.AddRange(failure.Lines.Skip(1).Select(line => $"  {line}"));
        }
        lines.AddRange(blocked);
        FailureKind[] kinds = [.. failures.Select(failure => failure.Failure).Distinct()];
        string[] steps = [.. failures.SelectMany(failure => failure.Steps).Distinct(StringComparer.Ordinal)];
        return new PlatformException(
            kinds.Length == 1 ? kinds[0] : FailureKind.Failed,
            string.Join('\n', lines),
            steps.Length == 0 ? null : string.Join('\n', steps),
            failures.Count == 1 ? failures[0].InnerException : new AggregateException(failures)
        );
    }
}
