using PlatformLocal.Cli.Rendering;
using PlatformLocal.Core.Environments;
using PlatformLocal.Deployment.ObjectStore;
using PlatformLocal.Kubernetes;
using PlatformLocal.Kubernetes.Leadership;
using PlatformLocal.Platform.PlatformServices.PlatformApi;
using PlatformLocal.Platform.State;
using PlatformLocal.Server;

namespace PlatformLocal.Cli.Commands;

internal sealed class ServeCommandLine(SharedOptions shared)
    : CommandBase(
        shared,
        "serve",
        "Serve the platform in this process until Ctrl-C.",
        "platformctl serve --workspace examples --port 8080"
    )
{
    private readonly Option<int> _port = new Option<int>("--port")
    {
        Description = "The port of the Platform API on 127.0.0.1; 0 for a free one.",
        DefaultValueFactory = _ => 0,
    }.Within(0, 65535);

    private readonly Option<bool> _inCluster = new("--in-cluster")
    {
        Description = "Serve as one of several replicas in the platform's cluster; what a pod runs.",
        Hidden = true,
    };

    private readonly Option<bool> _background = new("--background")
    {
        Description = "Leave the terminal and write to the platform's log.",
        Hidden = true,
    };

    protected override IReadOnlyList<Symbol> Parameters => [_port, _inCluster, _background];

    protected override async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        if (call.Get(_inCluster))
        {
            return await ServeReplicaAsync(call.SharedState, call.Get(_port), call.Terminal, cancellationToken);
        }

        var state = call.State;
        var known = state.ReadSettings();
        var isBackground = call.Get(_background);
        if (isBackground)
        {
            if (known is null)
            {
                throw new PlatformException(FailureKind.NotFound, $"There is no platform '{state.Platform}' any more.");
            }

            BackgroundProcess.Detach(state.Log);
        }

        // In the background it is started by a run that holds the lock.
        var held = isBackground
            ? null
            : await state.LockAsync(Name, call.Terminal.Say, call.Parts.Time, cancellationToken);
        using var starting = held;
        var workspace =
            call.WorkspaceOf()
            ?? known?.Workspace
            ?? throw new PlatformException(
                FailureKind.InvalidInput,
                "There is no workspace.",
                "Name one with --workspace."
            );
        await using var server = await PlatformServer.StartAsync(
            new ServeOptions
            {
                State = state,
                Workspace = CanonicalPath.Of(workspace),
                Version = PlatformCtl.Version,
                Port = call.Get(_port),
            },
            cancellationToken
        );
        held?.Dispose();
        call.Terminal.Say(
            $"The platform '{state.Platform}' is served at {server.Address}; kubeconfig {server.Kubeconfig}"
        );
        await server.WaitForStopAsync(cancellationToken);
        return ExitCodes.Done;
    }

    private static async Task<int> ServeReplicaAsync(
        StateFolder state,
        int port,
        Terminal terminal,
        CancellationToken cancellationToken
    )
    {
        using var kubernetes = KubernetesClient.FromKubeconfig();
        var election = new LeaderElectionOptions
        {
            Namespace = Required("POD_NAMESPACE"),
            Identity = Required("POD_NAME"),
            Address = new UriBuilder(Uri.UriSchemeHttp, Required("POD_IP"), port).Uri,
        };
        await using var server = await PlatformServer.StartAsync(
            new ServeOptions
            {
                State = state,
                Workspace = null,
                Version = PlatformCtl.Version,
                Port = port,
                Delivery = DeliveryKinds.Find(SharedOptions.Variable(PlatformApiInstallation.DeliveryVariable)),
                Replica = new ReplicaOptions
                {
                    Election = election,
                    Token = (await File.ReadAllTextAsync(Required("PLATFORM_TOKEN_FILE"), cancellationToken)).Trim(),
                    Kubernetes = kubernetes,
                    ObjectStore = SharedOptions.Variable(PlatformApiInstallation.EndpointVariable) is { } endpoint
                        ? new S3ObjectStoreOptions
                        {
                            Endpoint = new Uri(endpoint),
                            AccessKey = Required(PlatformApiInstallation.AccessKeyVariable),
                            SecretKey = Required(PlatformApiInstallation.SecretKeyVariable),
                        }
                        : null,
                },
            },
            cancellationToken
        );
        terminal.Say($"The platform '{state.Platform}' is served by {election.Identity} at {election.Address}");
        await server.WaitForStopAsync(cancellationToken);
        return ExitCodes.Done;
    }

    private static string Required(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
            ? value
            : throw new PlatformException(
                FailureKind.InvalidInput,
                $"The environment variable {variable} is not set.",
                "A pod of the platform sets it; on a host, leave --in-cluster out."
            );
}
