namespace PlatformLocal.Cli.Rendering;

/// <summary>Commands in messages, so that they can be copied and run as they stand.</summary>
internal static class CommandText
{
    /// <summary>The name this program was called by: its launcher says.</summary>
    private static readonly string s_program = Environment.GetEnvironmentVariable("PLATFORMCTL_COMMAND")
        is { Length: > 0 } name
        ? name
        : "platformctl";

    /// <summary>The platform that commands must name; <see langword="null"/> for the one they mean by default.</summary>
    public static string? Platform { get; set; }

    /// <summary>A line in which this program has the name it was called by, and kubectl its kubeconfig.</summary>
    public static string Copyable(string line) =>
        line.Replace("kubectl -n ", "kubectl --kubeconfig \"$(platformctl kubeconfig)\" -n ", StringComparison.Ordinal)
            .Replace(
                "platformctl ",
                s_program + (Platform is null ? " " : $" --name {Platform} "),
                StringComparison.Ordinal
            );
}
