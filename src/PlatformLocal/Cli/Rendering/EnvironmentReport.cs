namespace PlatformLocal.Cli.Rendering;

/// <summary>An environment in words, line by line.</summary>
internal static class EnvironmentReport
{
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
}
