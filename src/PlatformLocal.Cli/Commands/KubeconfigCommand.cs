using System.CommandLine;
using PlatformLocal.Cli.Rendering;

namespace PlatformLocal.Cli.Commands;

internal sealed class KubeconfigCommand(SharedOptions shared) : CommandBase(shared)
{
    public override string Name => "kubeconfig";

    public override IReadOnlyList<string> Examples =>
        [
            "kubectl --kubeconfig \"$(platformctl kubeconfig)\" get pods -A",
            "export KUBECONFIG=\"$(platformctl kubeconfig)\"",
        ];

    protected override string Description => "Print the path of the kubeconfig for the platform's cluster.";

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        var state = Shared.StateOf(parsed);
        if (!File.Exists(state.Kubeconfig))
        {
            throw new PlatformException(
                $"There is no platform '{state.Platform}'.",
                "Create it with: platformctl create-local-platform"
            )
            {
                Kind = FailureKind.NotFound,
            };
        }

        terminal.WriteDone("kubeconfig", state.Kubeconfig, state.Kubeconfig);
        return Task.FromResult(ExitCodes.Done);
    }
}
