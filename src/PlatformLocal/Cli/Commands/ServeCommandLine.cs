using PlatformLocal.Cli.Rendering;
using PlatformLocal.Deployment.ObjectStore;
using PlatformLocal.Kubernetes;
using PlatformLocal.Kubernetes.Leadership;
using PlatformLocal.Platform.PlatformServices.PlatformApi;
using PlatformLocal.Platform.State;
using PlatformLocal.Server;

namespace PlatformLocal.Cli.Commands;

internal sealed class ServeCommandLine(SharedOptions shared) : CommandBase(shared)
{
    private readonly Option<int> _port = new("--port")
    {
        Description = "The port of the Platform API on 127.0.0.1; 0 for a free one.",
        DefaultValueFactory = _ => 0,
    };

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

    public override string Name => "serve";

    public override IReadOnlyList<string> Examples => ["platformctl serve --workspace examples --port 8080"];

    protected override string Description => "Serve the platform in this process until Ctrl-C.";

    protected override void Configure(Command command)
    {
        command.Options.Add(_port);
        command.Options.Add(_inCluster);
        command.Options.Add(_background);
    }

    protected override async Task<int> RunAsync(
        ParseResult parsed,
        Terminal terminal,
        CancellationToken cancellationToken
    )
    {
        var state = Shared.StateOf(parsed);
        if (parsed.GetValue(_inCluster))
        {
            return await ServeReplicaAsync(state, parsed.GetValue(_port), terminal, cancellationToken);
        }

        var known = state.ReadSettings();
        var isBackground = parsed.GetValue(_background);
        if (isBackground)
        {
            if (known is null)
            {
                throw new PlatformException(
                    $"There is no platform '{state.Platform}' any more.",
                    kind: FailureKind.NotFound
                );
            }

            BackgroundProcess.Detach(state.Log);
        }

        // In the background it is started by a run that holds the lock.
        var held = isBackground
            ? null
            : await state.LockAsync(Name, terminal.Say, Shared.Parts.Time, cancellationToken);
        using var starting = held;
        var workspace =
            Shared.WorkspaceOf(parsed)
            ?? known?.Workspace
            ?? throw new PlatformException(
                "There is no workspace.",
                "Name one with --workspace.",
                kind: FailureKind.InvalidInput
            );
        await using var server = await PlatformServer.StartAsync(
            new ServeOptions
            {
                State = state,
                Workspace = CanonicalPath.Of(workspace),
                Version = PlatformCtl.Version,
                Port = parsed.GetValue(_port),
            },
            cancellationToken
        );
        held?.Dispose();
        terminal.Say($"The platform '{state.Platform}' is served at {server.Address}; kubeconfig {server.Kubeconfig}");
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
                $"The environment variable {variable} is not set.",
                "A pod of the platform sets it; on a host, leave --in-cluster out.",
                kind: FailureKind.InvalidInput
            );
}
