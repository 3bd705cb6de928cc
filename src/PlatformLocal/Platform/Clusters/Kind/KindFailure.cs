using System.Text.RegularExpressions;
using PlatformLocal.Kubernetes.Processes;

namespace PlatformLocal.Platform.Clusters.Kind;

/// <summary>Says what the failures of <c>docker</c> and <c>kind</c> mean and what to do about them.</summary>
internal static partial class KindFailure
{
    /// <summary>The command that shows a cluster's nodes.</summary>
    public static string LookAtNodes(string cluster) =>
        $"See whether its nodes run: docker ps --all --filter label={DockerProgram.ClusterLabel}={cluster}";

    /// <summary>Whether kind found nodes of this name.</summary>
    public static bool IsOfExistingNodes(ProgramException fault) =>
        fault.LastLines.Any(l =>
            l.Contains("already exist", StringComparison.Ordinal)
            || l.Contains("already in use", StringComparison.Ordinal)
        );

    /// <summary>Whether the engine itself is out of reach.</summary>
    public static bool IsOfEngine(ProgramException fault) => OfEngine(fault) is not null;

    /// <summary>The failure when the engine itself is out of reach; otherwise <see langword="null"/>.</summary>
    public static PlatformException? OfEngine(ProgramException fault)
    {
        string text = string.Join("\n", fault.LastLines);
        if (
            text.Contains("permission denied", StringComparison.Ordinal)
            && text.Contains("docker", StringComparison.Ordinal)
        )
        {
            return new PlatformException(
                $"The Docker engine may not be used by this user: {Line(text, "permission denied")}",
                "Join the group docker and log in again: sudo usermod -aG docker $USER",
                fault,
                kind: FailureKind.NotAllowed
            );
        }

        bool isOut =
            text.Contains("Cannot connect to the Docker daemon", StringComparison.Ordinal)
            || text.Contains("error during connect", StringComparison.Ordinal)
            || text.Contains("failed to get docker info", StringComparison.Ordinal)
            || text.Contains("unexpected EOF", StringComparison.Ordinal); // it went away while it answered
        return isOut
            ? new PlatformException(
                $"The Docker engine cannot be reached: {Line(text, "Cannot connect", "error during connect", "failed to get", "unexpected EOF")}",
                "Start it, for instance with: sudo systemctl start docker — or set DOCKER_HOST to where it is.",
                fault
            )
            : null;
    }

    /// <summary>What a failed <c>kind create cluster</c> means.</summary>
    public static PlatformException OfCreation(ProgramException fault, KindClusterSpec spec, string cluster)
    {
        if (OfEngine(fault) is { } engine)
        {
            return engine;
        }

        string text = string.Join("\n", fault.LastLines);
        if (PulledImage().Match(text) is { Success: true } image)
        {
            return new PlatformException(
                $"The node image {image.Groups["image"].Value} is not on this machine and cannot be pulled: "
                    + Line(text, "Error response", "Error", "error"),
                $"Pull or load it (docker pull {image.Groups["image"].Value}), or choose another node image.",
                fault
            );
        }

        if (TakenPort().Match(text) is { Success: true } taken)
        {
            string port = taken.Groups["port"].Value;
            return new PlatformException(
                $"The port {port} of this machine is taken: the cluster '{cluster}' cannot be made with it.",
                $"End what listens there (see it with: ss -ltnp 'sport = :{port}'), or choose another port; 0 takes a free one.",
                fault,
                kind: FailureKind.Conflict
            );
        }

        if (
            text.Contains("too many open files", StringComparison.Ordinal)
            || text.Contains("could not find a log line that matches", StringComparison.Ordinal)
        )
        {
            return new PlatformException(
                $"A node of the cluster '{cluster}' did not start, most likely for want of inotify watches.\n{fault.Message}",
                "Raise the limits: sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512",
                fault
            );
        }

        return new PlatformException(
            $"kind could not make the cluster '{cluster}' of the platform '{spec.Platform}':\n  {string.Join("\n  ", Told(fault))}",
            "The lines above are kind's own; 'platformctl doctor' checks the machine.",
            fault,
            kind: fault.Kind
        );
    }

    // The steps that went well say nothing about the one that did not.
    private static IReadOnlyList<string> Told(ProgramException fault)
    {
        string[] lines = [.. fault.LastLines.Where(l => l is not ['✓' or '•', ..])];
        return lines.Length > 0 ? lines : [fault.Message];
    }

    /// <summary>What a failed <c>docker run</c> of the registry means.</summary>
    public static PlatformException OfRegistry(ProgramException fault, LocalRegistryOptions options)
    {
        string text = string.Join("\n", fault.LastLines);
        return TakenPort().IsMatch(text)
            ? new PlatformException(
                $"The port {options.Port} of this machine is taken: the registry '{options.Name}' cannot listen on it.",
                $"End what listens there (see it with: ss -ltnp 'sport = :{options.Port}'), or choose another port.",
                fault,
                kind: FailureKind.Conflict
            )
            : new PlatformException(
                $"The registry '{options.Name}' could not be started from the image {options.Image}: "
                    + Line(text, "Error response", "docker:", "Error"),
                $"Pull or load the image (docker pull {options.Image}), or choose another one.",
                fault
            );
    }

    private static string Line(string text, params string[] words)
    {
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return words
                .Select(word => lines.FirstOrDefault(l => l.Contains(word, StringComparison.Ordinal)))
                .OfType<string>()
                .Select(l => l.Length > 300 ? l[..300] + "…" : l)
                .FirstOrDefault()
            ?? lines.LastOrDefault("it wrote nothing");
    }

    [GeneratedRegex("failed to pull image \"(?<image>[^\"]+)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PulledImage();

    [GeneratedRegex(
        @"([Bb]ind for|listen tcp\S*) \S*?:(?<port>\d+)(: bind: address already in use| failed: port is already allocated)",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex TakenPort();
}
