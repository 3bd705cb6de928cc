namespace PlatformLocal.Cli.Commands;

internal sealed class KubeconfigCommand(SharedOptions shared)
    : CommandBase(
        shared,
        "kubeconfig",
        "Print the path of the kubeconfig for the platform's cluster.",
        "kubectl --kubeconfig \"$(platformctl kubeconfig)\" get pods -A",
        "export KUBECONFIG=\"$(platformctl kubeconfig)\""
    )
{
    private readonly Option<string?> _environment = new("--environment")
    {
        Description = "The environment whose cluster it is, when it has one of its own.",
        HelpName = "NAME",
    };

    protected override IReadOnlyList<Symbol> Parameters => [_environment];

    protected override Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        var state = call.State;
        if (!File.Exists(state.Kubeconfig))
        {
            throw new PlatformException(
                FailureKind.NotFound,
                $"There is no platform '{state.Platform}'.",
                $"Create it with: {ShellCommand.Platformctl("create-local-platform")}"
            );
        }

        var own = call.Get(_environment) is { } environment
            ? call.Parts.EnvironmentClusters(state).KubeconfigOf(environment)
            : null;
        call.Terminal.WriteDone("kubeconfig", own ?? state.Kubeconfig, own ?? state.Kubeconfig);
        return Task.FromResult(ExitCodes.Done);
    }
}
