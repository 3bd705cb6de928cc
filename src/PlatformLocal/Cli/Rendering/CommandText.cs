using System.Text.RegularExpressions;

namespace PlatformLocal.Cli.Rendering;

/// <summary>
/// Commands in messages, made to mean here what they mean where they were written: this program has the name it was called
/// by and is told of the platform that the user spoke of, and kubectl of its cluster.
/// </summary>
internal static partial class CommandText
{
    private static readonly string s_program = ShellCommand.Quote(
        Environment.GetEnvironmentVariable("PLATFORMCTL_COMMAND") is { Length: > 0 } name ? name : "platformctl"
    );

    // What reads the folder; the others ask the platform, which has its own.
    private static readonly string[] s_ofWorkspace =
    [
        "create-local-platform",
        "deploy-environment",
        "plan-environment",
        "doctor",
        "artifact",
        "serve",
    ];

    private static string s_platform = "";
    private static string s_workspace = "";

    /// <summary>Remembers which platform and workspace the user spoke of: commands must name what is not meant by itself.</summary>
    /// <param name="platform">The options that name the platform, each with its value.</param>
    /// <param name="workspace">The option that names the workspace, with its value.</param>
    public static void Remember(IReadOnlyList<string> platform, IReadOnlyList<string> workspace)
    {
        s_platform = Text(platform);
        s_workspace = Text(workspace);

        static string Text(IReadOnlyList<string> words) => words.Count == 0 ? "" : " " + ShellCommand.Of(words);
    }

    /// <summary>A text whose commands can be copied and run as they stand.</summary>
    /// <param name="text">Lines; each has a command alone or behind a colon, or none.</param>
    /// <param name="own">The environment whose own cluster kubectl is to ask; <see langword="null"/> for the platform's.</param>
    public static string Copyable(string text, string? own = null) =>
        Command()
            .Replace(
                text,
                found => found.Groups["command"].Success ? Own(found.Groups["command"].Value) : Kubectl(own)
            );

    private static string Own(string command) =>
        $"{s_program}{s_platform}{(s_ofWorkspace.Contains(command, StringComparer.Ordinal) ? s_workspace : "")} {command}";

    private static string Kubectl(string? own)
    {
        var cluster = own is null ? "" : " " + ShellCommand.Of("--environment", own);
        return $"kubectl --kubeconfig \"$({Own("kubeconfig")}{cluster})\"";
    }

    // Commands of kubectl stay as they are that say first which cluster they mean, speak of the user's own contexts, or of none.
    [GeneratedRegex(
        @"(?<=^\s*|: )(platformctl (?<command>[a-z][a-z-]*)|kubectl(?= )(?! --kubeconfig | --context | config delete-| kustomize | version))(?![^\s])",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Command();
}
