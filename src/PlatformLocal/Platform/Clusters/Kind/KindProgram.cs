using PlatformLocal.Kubernetes.Processes;

namespace PlatformLocal.Platform.Clusters.Kind;

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
                    // Of what kind says, its steps as they begin: the rest is decoration, or told by an error.
                    if (line.Text.Trim() is ['•', .. var step])
                    {
                        report(WithoutPicture(step));
                    }
                },
            },
            cancellationToken
        );

    private static string WithoutPicture(string step)
    {
        int end = step.Length;
        while (end > 0 && !char.IsAsciiLetterOrDigit(step[end - 1]) && step[end - 1] != ')')
        {
            end--;
        }

        return step[..end].Trim();
    }

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
