using System.Text.RegularExpressions;

namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>Reads the last line that a container wrote, fit to be shown: short, without control characters and known secrets.</summary>
internal sealed partial class LastLogLines(KubernetesClient client, DirectDeliveryOptions options, DesiredState state)
{
    private const int LongestLine = 300;
    private const int LongestLook = 10 * LongestLine;
    private const int ShortestSecret = 4;

    /// <summary>How the embedded cluster begins to say that nothing runs and nothing is written.</summary>
    private const string Simulated = "workloads are simulated in this cluster: ";

    /// <summary>How the kubelet begins to say, in the place of a log, that a file of it has gone meanwhile.</summary>
    private static readonly string[] s_lost =
    [
        "failed to try resolving symlinks in path ",
        "failed to open log file ",
        "unable to retrieve container logs for ",
    ];

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<(string? Pod, string Container, long Restarts), string> _known = new();
    private readonly Lazy<IReadOnlyList<string>> _secrets = new(() => SecretsIn(state));

    /// <summary>The last line of a run of a container that ended; read once.</summary>
    public async Task<string?> RecallAsync(
        JsonObject pod,
        string container,
        long restarts,
        bool isPrevious,
        CancellationToken cancellationToken
    )
    {
        (string?, string, long) key = (pod.Uid(), container, restarts);
        if (!_known.TryGetValue(key, out string? line))
        {
            ObjectReference place = ObjectReference.Of(pod);
            line = await ReadAsync(place.Namespace!, place.Name, container, isPrevious, cancellationToken) ?? "";
            _known[key] = line;
        }
        return line.Length == 0 ? null : line;
    }

    /// <summary>The last line that a container wrote; <see langword="null"/> when there is none, or it cannot be had soon.</summary>
    public async Task<string?> ReadAsync(
        string place,
        string pod,
        string container,
        bool isPrevious,
        CancellationToken cancellationToken
    )
    {
        using var patience = new CancellationTokenSource(s_patience, options.TimeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            var tail = new LogOptions
            {
                Container = container,
                Previous = isPrevious,
                TailLines = 5,
            };
            string log = await client.ReadLogsAsync(place, pod, tail, both.Token);
            string? last = log.Split('\n').Select(Show).LastOrDefault(line => line.Length > 0 && !IsOfKubelet(line));
            return last?.StartsWith(Simulated, StringComparison.Ordinal) == true ? null : last;
        }
        catch (Exception fault) when (fault is KubernetesException or OperationCanceledException)
        {
            return null; // The log is a courtesy: what is wrong is told without it.
        }
    }

    /// <summary>One line of what containers say, fit to be shown.</summary>
    public string Show(string text)
    {
        string redacted = Redaction.Apply(text, _secrets.Value);
        string start = redacted.Length <= LongestLook ? redacted : redacted[..LongestLook];
        string plain = string.Concat(TerminalCommand().Replace(start, "").Where(IsShown)).Trim();
        return plain.Length <= LongestLine ? plain : $"{plain[..LongestLine]}…";
    }

    private static bool IsOfKubelet(string line) =>
        s_lost.Any(start => line.StartsWith(start, StringComparison.Ordinal));

    private static bool IsShown(char c) =>
        !char.IsControl(c) && c is not ((>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069'));

    /// <summary>The values of the environment's secrets. A very short one is no secret and would tear words apart.</summary>
    private static IReadOnlyList<string> SecretsIn(DesiredState state) =>
        [
            .. state
                .Objects.Where(item => item.Reference is { ApiVersion: "v1", Kind: "Secret" })
                .SelectMany(item => ValuesOf(item.Content))
                .SelectMany(value => value.Split('\n', StringSplitOptions.TrimEntries))
                .Where(value => value.Length >= ShortestSecret)
                .Distinct(StringComparer.Ordinal),
        ];

    private static IEnumerable<string> ValuesOf(JsonObject secret)
    {
        foreach ((string name, _) in secret.Child("stringData") ?? [])
        {
            yield return secret.Child("stringData").Text(name) ?? "";
        }
        foreach ((string name, _) in secret.Child("data") ?? [])
        {
            byte[] value = new byte[secret.Child("data").Text(name)?.Length ?? 0];
            if (Convert.TryFromBase64String(secret.Child("data").Text(name) ?? "", value, out int length))
            {
                yield return Encoding.UTF8.GetString(value, 0, length);
            }
        }
    }

    [GeneratedRegex(@"\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|.)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TerminalCommand();
}
