using PlatformLocal.Processes;

namespace PlatformLocal.Clusters.Kind;

/// <summary>What clusters need of the program <c>kind</c>. It never gets to see the user's own kubeconfig.</summary>
internal sealed class KindProgram(ProgramRunner programs)
{
    private static readonly TimeSpan s_question = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_deletion = TimeSpan.FromMinutes(2);

    public Task CreateAsync(
        string cluster,
        string configuration,
        string kubeconfig,
        TimeSpan timeout,
        Action<string> report,
        CancellationToken cancellationToken
    ) =>
        RunAsync(
            new ProgramCommand
            {
                Program = "kind",
                Arguments = ["create", "cluster", "--name", cluster, "--config", "-", "--kubeconfig", kubeconfig],
                StandardInput = configuration,
                Timeout = timeout,
                OnLine = line =>
                {
                    if (!string.IsNullOrWhiteSpace(line.Text))
                    {
                        report(line.Text.Trim());
                    }
                },
            },
            cancellationToken
        );

    public Task DeleteAsync(string cluster, string kubeconfig, CancellationToken cancellationToken) =>
        RunAsync(
            new ProgramCommand
            {
                Program = "kind",
                Arguments = ["delete", "cluster", "--name", cluster, "--kubeconfig", kubeconfig],
                Timeout = s_deletion,
            },
            cancellationToken
        );

    public Task LoadImageAsync(string cluster, string image, CancellationToken cancellationToken) =>
        RunAsync(
            new ProgramCommand
            {
                Program = "kind",
                Arguments = ["load", "docker-image", image, "--name", cluster],
                Timeout = TimeSpan.FromMinutes(5),
            },
            cancellationToken
        );

    public Task<string> GetKubeconfigAsync(string cluster, CancellationToken cancellationToken) =>
        RunAsync(
            new ProgramCommand
            {
                Program = "kind",
                Arguments = ["get", "kubeconfig", "--name", cluster],
                Timeout = s_question,
            },
            cancellationToken
        );

    private async Task<string> RunAsync(ProgramCommand command, CancellationToken cancellationToken)
    {
        try
        {
            return (await programs.RunAsync(command, cancellationToken)).Output;
        }
        catch (ProgramException fault) when (KindFailure.IsOfEngine(fault))
        {
            throw KindFailure.OfEngine(fault)!;
        }
    }
}
