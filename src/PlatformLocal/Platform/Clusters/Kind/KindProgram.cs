using PlatformLocal.Kubernetes.Processes;

namespace PlatformLocal.Platform.Clusters.Kind;

/// <summary>What clusters need of the program <c>kind</c>. It never gets to see the user's own kubeconfig.</summary>
internal sealed class KindProgram(ProgramRunner programs)
{
    public Task CreateAsync(
        string cluster,
        string configuration,
        string kubeconfig,
        TimeSpan timeout,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        var command = Command(
            timeout,
            ["create", "cluster", "--name", cluster, "--config", "-", "--kubeconfig", kubeconfig]
        );
        return RunAsync(
            command with
            {
                StandardInput = configuration,
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
    }

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
            Command(TimeSpan.FromMinutes(2), ["delete", "cluster", "--name", cluster, "--kubeconfig", kubeconfig]),
            cancellationToken
        );

    public Task LoadImageAsync(string cluster, string image, CancellationToken cancellationToken) =>
        RunAsync(
            Command(TimeSpan.FromMinutes(5), ["load", "docker-image", image, "--name", cluster]),
            cancellationToken
        );

    public Task<string> GetKubeconfigAsync(string cluster, CancellationToken cancellationToken) =>
        RunAsync(Command(TimeSpan.FromSeconds(30), ["get", "kubeconfig", "--name", cluster]), cancellationToken);

    private static ProgramCommand Command(TimeSpan timeout, IReadOnlyList<string> arguments) =>
        new()
        {
            Program = "kind",
            Arguments = arguments,
            Timeout = timeout,
        };

    private Task<string> RunAsync(ProgramCommand command, CancellationToken cancellationToken) =>
        KindFailure.RunAsync(programs, command, cancellationToken);
}
