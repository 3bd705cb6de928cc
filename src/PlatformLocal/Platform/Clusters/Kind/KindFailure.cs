using System.Text.RegularExpressions;
using PlatformLocal.Kubernetes.Processes;

namespace PlatformLocal.Platform.Clusters.Kind;

/// <summary>Says what the failures of <c>docker</c> and <c>kind</c> mean and what to do about them.</summary>
internal static partial class KindFailure
{
    /// <summary>The command that shows a cluster's nodes.</summary>
    public static string LookAtNodes(string cluster) =>
        $"See whether its nodes run: {ShellCommand.Of("docker", "ps", "--all", "--filter", $"label={DockerProgram.ClusterLabel}={cluster}")}";

    /// <summary>Runs a program that needs the engine; says so when that is out of reach.</summary>
    /// <exception cref="PlatformException">The engine is out of reach, or the program failed.</exception>
    public static async Task<string> RunAsync(
        ProgramRunner programs,
        ProgramCommand command,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return (await programs.RunAsync(command, cancellationToken)).Output;
        }
        catch (ProgramException fault) when (OfEngine(fault) is not null)
        {
            throw OfEngine(fault)!;
        }
    }

    /// <summary>Whether kind found nodes of this name.</summary>
    public static bool IsOfExistingNodes(ProgramException fault) =>
        Says(TextOf(fault), "already exist", "already in use");

    /// <summary>The failure when the engine itself is out of reach; otherwise <see langword="null"/>.</summary>
    public static PlatformException? OfEngine(ProgramException fault)
    {
        string text = TextOf(fault);
        if (Says(text, "permission denied") && Says(text, "docker"))
        {
            return new PlatformException(
                FailureKind.NotAllowed,
                $"The Docker engine may not be used by this user: {Line(text, "permission denied")}",
                $"Join the group docker and log in again: {ShellCommand.Of("sudo", "usermod", "-aG", "docker", Environment.UserName)}",
                fault
            );
        }

        return Says(
            text,
            "Cannot connect to the Docker daemon",
            "error during connect",
            "failed to get docker info",
            "unexpected EOF" // it went away while it answered
        )
            ? new PlatformException(
                $"The Docker engine cannot be reached: {Line(text, "Cannot connect", "error during connect", "failed to get", "unexpected EOF")}",
                $"Set DOCKER_HOST to where it is, or start it, for instance with: {ShellCommand.Of("sudo", "systemctl", "start", "docker")}",
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

        string text = TextOf(fault);
        if (PulledImage().Match(text) is { Success: true } pulled)
        {
            string image = pulled.Groups["image"].Value;
            return new PlatformException(
                $"The node image {image} is not on this machine and cannot be pulled: "
                    + Line(text, "Error response", "Error", "error"),
                $"Choose another node image, or pull or load it: {ShellCommand.Of("docker", "pull", image)}",
                fault
            );
        }

        if (TakenPort().Match(text) is { Success: true } taken)
        {
            string port = taken.Groups["port"].Value;
            return new PlatformException(
                FailureKind.Conflict,
                $"The port {port} of this machine is taken: the cluster '{cluster}' cannot be made with it.",
                $"Choose another port, 0 for a free one, or end what listens there. See it with: {ShellCommand.Of("ss", "-ltnp", $"sport = :{port}")}",
                fault
            );
        }

        if (Says(text, "too many open files", "could not find a log line that matches"))
        {
            return new PlatformException(
                $"A node of the cluster '{cluster}' did not start, most likely for want of inotify watches.\n{fault.Message}",
                $"Raise the limits: {ShellCommand.Of("sudo", "sysctl", "fs.inotify.max_user_watches=524288", "fs.inotify.max_user_instances=512")}",
                fault
            );
        }

        return new PlatformException(
            fault.Kind,
            $"kind could not make the cluster '{cluster}' of the platform '{spec.Platform}':\n  {string.Join("\n  ", Told(fault))}",
            $"The lines above are kind's own. Check the machine with: {ShellCommand.Platformctl("doctor")}",
            fault
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
        string text = TextOf(fault);
        return TakenPort().IsMatch(text)
            ? new PlatformException(
                FailureKind.Conflict,
                $"The port {options.Port} of this machine is taken: the registry '{options.Name}' cannot listen on it.",
                $"Choose another port, or end what listens there. See it with: {ShellCommand.Of("ss", "-ltnp", $"sport = :{options.Port}")}",
                fault
            )
            : new PlatformException(
                $"The registry '{options.Name}' could not be started from the image {options.Image}: "
                    + Line(text, "Error response", "docker:", "Error"),
                $"Choose another image, or pull or load it: {ShellCommand.Of("docker", "pull", options.Image)}",
                fault
            );
    }

    private static string TextOf(ProgramException fault) => string.Join("\n", fault.LastLines);

    private static bool Says(string text, params string[] words) =>
        words.Any(w => text.Contains(w, StringComparison.Ordinal));

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
