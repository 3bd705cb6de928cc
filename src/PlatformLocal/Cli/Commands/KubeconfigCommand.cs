using PlatformLocal.Kubernetes.Files;

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

    protected override async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        var state = call.State;
        if (!PrivateFile.Exists(state.Kubeconfig))
        {
            throw new PlatformException(
                FailureKind.NotFound,
                $"There is no platform '{state.Platform}'.",
                $"Create it with: {ShellCommand.Platformctl("create-local-platform")}"
            );
        }

        var path = call.Get(_environment) is { } environment
            ? await OfAsync(environment, call, cancellationToken)
            : state.Kubeconfig;
        call.Terminal.WriteDone("kubeconfig", path, path);
        return ExitCodes.Done;
    }

    private static async Task<string> OfAsync(string environment, Invocation call, CancellationToken cancellationToken)
    {
        if (call.Parts.EnvironmentClusters(call.State).KubeconfigOf(environment) is { } own)
        {
            return own;
        }

        // It is on the platform's cluster, if it is at all.
        using var api = await call.Platform.ConnectAsync(cancellationToken);
        _ = await api.GetAsync(environment, cancellationToken);
        return call.State.Kubeconfig;
    }
}
