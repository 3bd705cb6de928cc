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

    // The properties of documents that hold sentences of this program; others are what somebody else wrote.
    private static readonly string[] s_sentences =
    [
        "detail",
        "fix",
        "left",
        "message",
        "next_step",
        "note",
        "not_checked",
        "title",
        "warnings",
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

    /// <summary>The same for every sentence of a document.</summary>
    /// <param name="node">The document; it is changed.</param>
    /// <param name="own">The environment around it whose own cluster kubectl is to ask.</param>
    public static void MakeCopyable(JsonNode? node, string? own = null)
    {
        switch (node)
        {
            case JsonArray items:
                foreach (var item in items)
                {
                    MakeCopyable(item, own);
                }

                break;
            case JsonObject document:
                if (document["environment_name"] is JsonValue name)
                {
                    own = document["cluster"] is null ? null : (string?)name;
                }

                foreach (var (property, value) in document.ToList())
                {
                    if (s_sentences.Contains(property, StringComparer.Ordinal))
                    {
                        document[property] = Sentences(value, own);
                    }
                    else if (property != "claim")
                    {
                        MakeCopyable(value, own);
                    }
                }

                break;
        }
    }

    private static JsonNode? Sentences(JsonNode? value, string? own) =>
        value switch
        {
            JsonArray several => new JsonArray([.. several.Select(s => Sentences(s, own))]),
            { } one when one.GetValueKind() == JsonValueKind.String => Copyable((string)one!, own),
            _ => value?.DeepClone(),
        };

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
