using PlatformLocal.Cli.Rendering;
using PlatformLocal.Core.Environments;
using PlatformLocal.Platform.Clusters.Existing;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Platform.Operations;
using PlatformLocal.Platform.PlatformServices.PlatformApi;
using PlatformLocal.Platform.PlatformServices.Selection;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Cli.Commands;

internal sealed class CreateLocalPlatformCommand(SharedOptions shared)
    : CommandBase(
        shared,
        "create-local-platform",
        "Create the platform, or start it again; leaves a running one untouched.",
        "platformctl create-local-platform --workspace examples",
        "platformctl create-local-platform --cluster kind --name real --workspace examples",
        "platformctl create-local-platform --cluster kind --services minio,qdrant --workspace examples",
        "platformctl create-local-platform --cluster kind --profile full --workspace examples",
        "platformctl create-local-platform --cluster existing --context staging --name there --workspace examples --yes"
    )
{
    private readonly Option<string?> _cluster = new Option<string?>("--cluster")
    {
        Description =
            "embedded: in one process, workloads simulated; kind: on Docker; existing: by its kubeconfig. "
            + "[default: kind where Docker and kind are, otherwise embedded] [env: PLATFORM_CLUSTER]",
    }.AcceptOnlyFromAmong(ClusterKind.Names);

    private readonly Option<string?> _configuration = new("--kind-configuration")
    {
        Description =
            "The Kind cluster's configuration: local, node-pools, or a file. "
            + $"[default: as before; at first {KindDefaults.Configuration}]",
        HelpName = "NAME|PATH",
    };

    private readonly Option<string?> _nodeImage = new("--node-image")
    {
        Description =
            "The Kind cluster's node image. [default: as before; at first kind's own] [env: PLATFORM_NODE_IMAGE]",
        HelpName = "IMAGE",
    };

    private readonly Option<string?> _api = new Option<string?>("--platform-api")
    {
        Description =
            "Where the Platform API runs: as pods in the Kind cluster, or as a process of this machine. "
            + "[default: in-cluster on kind, otherwise on-host]",
    }.AcceptOnlyFromAmong(ApiPlaces.InCluster, ApiPlaces.OnHost);

    private readonly Option<string?> _platformImage = new("--platform-image")
    {
        Description = "A finished image of the Platform API. [default: as before; at first built from the source tree]",
        HelpName = "IMAGE",
    };

    private readonly Option<string?> _baseImage = new("--base-image")
    {
        Description =
            "What the Platform API's image is built on. "
            + $"[default: as before; at first {PlatformApiImageOptions.DefaultBaseImage}] "
            + "[env: PLATFORM_BASE_IMAGE]",
        HelpName = "IMAGE",
    };

    private readonly Option<string?> _kubeconfig = new("--kubeconfig")
    {
        Description = "The existing cluster's kubeconfig; what kubectl would read unless given.",
        HelpName = "PATH",
    };

    private readonly Option<string?> _context = new("--context")
    {
        Description = "The existing cluster's context; the current one unless given.",
        HelpName = "CONTEXT",
    };

    private readonly Option<string?> _services = new("--services")
    {
        Description =
            "Platform services on a kind or existing cluster: default, none, or names separated by commas. "
            + "[default: as before; at first default on kind, none on existing] [env: PLATFORM_SERVICES]",
        HelpName = "NAMES",
    };

    private readonly Option<string?> _profile = new Option<string?>("--profile")
    {
        Description =
            "What default means for --services: small, which fits 2 processors and 6 GB, or full. "
            + "[default: as before; at first small]",
    }.AcceptOnlyFromAmong(ServiceProfiles.Small, ServiceProfiles.Full);

    private readonly Option<string?> _delivery = new Option<string?>("--delivery")
    {
        Description =
            "How environments are delivered that do not say it themselves, and how platform services are installed: flux, "
            + "or direct, which installs no charts. [default: as before; at first services by Flux, environments as the "
            + "workspace says, or direct]",
    }.AcceptOnlyFromAmong(DeliveryKinds.Flux, DeliveryKinds.Direct);

    private readonly Option<bool> _yes = new("--yes") { Description = "Use an existing cluster without asking." };

    protected override IReadOnlyList<Symbol> Parameters =>
        [
            _cluster,
            _configuration,
            _nodeImage,
            _api,
            _platformImage,
            _baseImage,
            _kubeconfig,
            _context,
            _services,
            _profile,
            _delivery,
            _yes,
        ];

    protected override string GoesOn => "Run the command again: it goes on where it was.";

    protected override async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        var local = call.Platform;
        var known = local.State.ReadSettings();
        var (api, ledger) = await call
            .Parts.Create(local)
            .RunAsync(
                new CreateOptions
                {
                    Workspace = call.WorkspaceOf(),
                    Cluster = await AskedAsync(call, known, cancellationToken),
                    Version = PlatformCtl.Version,
                    Source = SharedOptions.Variable("PLATFORM_SOURCE"),
                    Services = ServicesOf(call, known),
                    Profile = call.Get(_profile),
                    Delivery = call.Get(_delivery),
                    Confirm = (found, _) => Task.FromResult(call.Get(_yes) || IsAllowed(call.Terminal, found)),
                },
                call.Terminal.Say,
                cancellationToken
            );
        using (api)
        {
            var served = await local.DescribeAsync(api, cancellationToken);
            PlatformReport.Show(call.Terminal, served with { Ledger = ledger });
        }

        if (ledger.Steps.Count > 1)
        {
            var steps = string.Join(", ", ledger.Steps.Select(s => $"{s.Step} {s.Seconds:0.0} s"));
            call.Terminal.Say(
                $"Took {ledger.Seconds:0.0} s: {steps}; longest chain: {string.Join(" → ", ledger.CriticalPath)}"
            );
        }

        return ExitCodes.Done;
    }

    private string? ServicesOf(Invocation call, PlatformSettings? known)
    {
        const string profiled = "default";
        string? named = call.Get(_services);
        return call.Get(_profile) is not { } profile
                ? named ?? (known is null ? SharedOptions.Variable("PLATFORM_SERVICES") : null)
            : named is null or profiled ? profiled
            : throw new PlatformException(
                FailureKind.InvalidInput,
                $"--profile {profile} says what --services {profiled} means; here it is --services {named}.",
                "Leave one of the two out."
            );
    }

    /// <summary>What is asked for; what is left out is as the platform was made, or as suits this machine.</summary>
    private async Task<PlatformSettings> AskedAsync(
        Invocation call,
        PlatformSettings? known,
        CancellationToken cancellationToken
    )
    {
        var named = call.Get(_cluster) ?? (known is null ? SharedOptions.Variable("PLATFORM_CLUSTER") : null);
        var cluster = named is null ? known?.Cluster : ClusterKind.Parse(named);
        if (cluster is null)
        {
            var choice = await ClusterChoice.MakeAsync(call.Parts.Programs, cancellationToken);
            call.Terminal.Say(choice.Reason);
            cluster = choice.Kind;
        }

        var api = call.Get(_api) ?? (known?.Cluster == cluster ? known.Api : null);
        if (api == ApiPlaces.InCluster && !cluster.IsOnDocker)
        {
            throw new PlatformException(
                FailureKind.InvalidInput,
                $"--platform-api {ApiPlaces.InCluster} needs --cluster {ClusterKind.Kind}; here it is {cluster}.",
                "Leave --platform-api out."
            );
        }

        var kubeconfig = call.Get(_kubeconfig);
        return new PlatformSettings(
            cluster,
            "",
            kubeconfig is null ? known?.Kubeconfig : CanonicalPath.Of(kubeconfig),
            call.Get(_context) ?? known?.Context,
            Api: api ?? (cluster.IsOnDocker ? ApiPlaces.InCluster : ApiPlaces.OnHost)
        )
        {
            Kind = cluster.IsOnDocker ? KindOptionsOf(call, known?.Kind) : null,
        };
    }

    // A platform that is there keeps what it has, whatever the variables say.
    private KindOptions KindOptionsOf(Invocation call, KindOptions? known)
    {
        var configuration = call.Get(_configuration);
        var baseImage = call.Get(_baseImage);
        return new KindOptions(
            configuration is null ? known?.Configuration : KindClusters.RememberedConfiguration(configuration),
            call.Get(_nodeImage) ?? Kept(known?.NodeImage, "PLATFORM_NODE_IMAGE"),
            baseImage ?? Kept(known?.BaseImage, "PLATFORM_BASE_IMAGE"),
            // Another base means to build: the finished image is not wanted any more.
            call.Get(_platformImage) ?? (baseImage is null ? known?.PlatformImage : null)
        );

        string? Kept(string? before, string variable) => known is null ? SharedOptions.Variable(variable) : before;
    }

    private static bool IsAllowed(Terminal terminal, ExistingClusterDescription found) =>
        terminal.Ask($"The platform will write into {found}, which it did not make. Type yes to allow it:");
}
