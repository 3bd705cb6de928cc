using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Platform.Operations;

/// <summary>The cluster of a platform whose maker names none.</summary>
/// <param name="Kind">One of <see cref="ClusterKinds"/>.</param>
/// <param name="Reason">Why, as a sentence.</param>
public sealed record ClusterChoice(string Kind, string Reason)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Kind where Docker and kind are, otherwise embedded.</summary>
    /// <param name="programs">Asks <c>docker</c> and <c>kind</c>.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    public static async Task<ClusterChoice> MakeAsync(ProgramRunner programs, CancellationToken cancellationToken)
    {
        var missing =
            await FaultOfAsync(programs, "docker", ["version", "--format={{.Server.Version}}"], cancellationToken)
                is not null
                ? "no Docker engine answers"
            : await FaultOfAsync(programs, "kind", ["version"], cancellationToken) is not null
                ? "the program kind is missing"
            : null;
        return missing is null
            ? new ClusterChoice(
                ClusterKinds.Kind,
                "Docker and kind are here: the platform gets a Kind cluster (--cluster embedded runs it in one process)."
            )
            : new ClusterChoice(
                ClusterKinds.Embedded,
                $"The platform runs embedded, in one process, workloads simulated: {missing}."
            );
    }

    private static async Task<string?> FaultOfAsync(
        ProgramRunner programs,
        string program,
        IReadOnlyList<string> arguments,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var command = new ProgramCommand
            {
                Program = program,
                Arguments = arguments,
                Timeout = Patience,
            };
            await programs.RunAsync(command, cancellationToken);
            return null;
        }
        catch (ProgramException e)
        {
            return e.Message;
        }
    }
}
