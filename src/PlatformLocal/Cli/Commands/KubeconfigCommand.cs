using PlatformLocal.Cli.Rendering;

namespace PlatformLocal.Cli.Commands;

internal sealed class KubeconfigCommand(SharedOptions shared) : CommandBase(shared)
{
    private readonly Option<string?> _environment = new("--environment")
    {
        Description = "The environment whose cluster it is, when it has one of its own.",
        HelpName = "NAME",
    };

    public override string Name => "kubeconfig";

    public override IReadOnlyList<string> Examples =>
        [
            "kubectl --kubeconfig \"$(platformctl kubeconfig)\" get pods -A",
            "export KUBECONFIG=\"$(platformctl kubeconfig)\"",
        ];

    protected override string Description => "Print the path of the kubeconfig for the platform's cluster.";

    protected override void Configure(Command command) => command.Options.Add(_environment);

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        var state = Shared.StateOf(parsed);
        if (!File.Exists(state.Kubeconfig))
        {
            throw new PlatformException(
                $"There is no platform '{state.Platform}'.",
                "Create it with: platformctl create-local-platform",
                kind: FailureKind.NotFound
            );
        }

        var own = parsed.GetValue(_environment) is { } environment
            ? Shared.Parts.EnvironmentClusters(state).KubeconfigOf(environment)
            : null;
        terminal.WriteDone("kubeconfig", own ?? state.Kubeconfig, own ?? state.Kubeconfig);
        return Task.FromResult(ExitCodes.Done);
    }
}
