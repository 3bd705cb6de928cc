using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Diagnostics;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Platform.Operations;

/// <summary>The cluster of a platform whose maker names none.</summary>
/// <param name="Kind">What it is made of.</param>
/// <param name="Reason">Why, as a sentence.</param>
public sealed record ClusterChoice(ClusterKind Kind, string Reason)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Kind where Docker and kind are, otherwise embedded.</summary>
    /// <param name="programs">Asks <c>docker</c> and <c>kind</c>.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    public static async Task<ClusterChoice> MakeAsync(ProgramRunner programs, CancellationToken cancellationToken)
    {
        var missing =
            !await AnswersAsync("docker", "version", "--format={{.Server.Version}}") ? "no Docker engine answers"
            : !await AnswersAsync("kind", "version") ? "the program kind is missing"
            : null;
        return missing is null
            ? new ClusterChoice(
                ClusterKind.Kind,
                "Docker and kind are here: the platform gets a Kind cluster (--cluster embedded runs it in one process)."
            )
            : new ClusterChoice(
                ClusterKind.Embedded,
                $"The platform runs embedded, in one process, workloads simulated: {missing}."
            );

        async Task<bool> AnswersAsync(string program, params string[] arguments) =>
            (await programs.AskAsync(Patience, program, arguments, cancellationToken)).Fault is null;
    }
}
