using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Ansible;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Baseline;
using PlatformLocal.Platform.Clusters.Existing;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Platform.Diagnostics;
using PlatformLocal.Platform.PlatformServices.Installation;
using PlatformLocal.Platform.PlatformServices.PlatformApi;
using PlatformLocal.Platform.PlatformServices.Selection;
using PlatformLocal.Platform.State;
using PlatformLocal.Platform.Steps;

namespace PlatformLocal.Platform.Operations;

/// <summary>What a platform is to be made with.</summary>
public sealed record CreateOptions
{
    /// <summary>The workspace's folder; <see langword="null"/> for the one it was made with.</summary>
    public string? Workspace { get; init; }

    /// <summary>The cluster; <see langword="null"/> for the one it was made with, or an embedded one.</summary>
    public PlatformSettings? Cluster { get; init; }

    /// <summary>The version of the program.</summary>
    public required string Version { get; init; }

    /// <summary>The configuration of a Kind cluster: a name in <c>kind/</c> or a file.</summary>
    /// <value><c>local</c> unless set.</value>
    public string KindConfiguration { get; init; } = "local";

    /// <summary>The node image of a Kind cluster; <see langword="null"/> for kind's own.</summary>
    public string? NodeImage { get; init; }

    /// <summary>A finished image of the Platform API; <see langword="null"/> to build one from <see cref="Source"/>.</summary>
    public string? PlatformImage { get; init; }

    /// <summary>The image that the Platform API's image is built on; <see langword="null"/> for the usual one.</summary>
    public string? BaseImage { get; init; }

    /// <summary>The platform's source tree; <see langword="null"/> when the program runs without one.</summary>
    public string? Source { get; init; }

    /// <summary>The platform services: <c>default</c>, <c>none</c> or names; <see langword="null"/> for those it has.</summary>
    public string? Services { get; init; }

    /// <summary>How platform services are installed; <see langword="null"/> for as before.</summary>
    public string? Delivery { get; init; }

    /// <summary>Asks whether a cluster that the platform did not make may be used.</summary>
    public required Func<ExistingClusterDescription, CancellationToken, Task<bool>> Confirm { get; init; }
}

/// <summary>Creates a platform step by step, or goes on where an earlier run stopped.</summary>
/// <param name="platform">The platform.</param>
/// <param name="programs">Runs kind and docker.</param>
/// <param name="time">The clock of steps.</param>
public sealed class CreateLocalPlatform(LocalPlatform platform, ProgramRunner programs, TimeProvider time)
{
    /// <summary>Creates the platform.</summary>
    /// <param name="options">What with.</param>
    /// <param name="report">Is told what is done just now.</param>
    /// <param name="cancellationToken">Stops; the next run goes on from there.</param>
    /// <returns>A client of the running platform, and where the time went.</returns>
    /// <exception cref="PlatformException">A step failed: says which, why and what to do.</exception>
    public async Task<(PlatformApiClient Api, StepLedger Ledger)> RunAsync(
        CreateOptions options,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        var settings = platform.Settle(options.Workspace, options.Cluster);
        settings = settings with
        {
            Services = options.Services ?? settings.Services,
            Delivery = options.Delivery ?? settings.Delivery,
        };
        var services = PlatformServiceSelection.Of(settings, WorkspaceReader.Read(settings.Workspace));
        TellLeftOut(services, report);
        PlatformApiClient? api = null;
        var serve = Always(
            "platform",
            [],
            async (_, token) => api = await platform.EnsureRunningAsync(settings.Workspace, report, token)
        );
        Step[] steps = settings.Cluster switch
        {
            ClusterKinds.Kind => KindSteps(options, settings, services, serve),
            ClusterKinds.Existing => ExistingSteps(options, settings, services, serve),
            _ => [serve],
        };
        platform.State.Ensure();
        var mirror = settings.Cluster == ClusterKinds.Embedded ? null : new StepMirror(Connect(settings), time);
        using var journal = StepJournal.Open(Path.Combine(platform.State.Folder, "steps.journal"), time);
        var runner = new StepRunner(
            new StepGraph(steps),
            journal,
            time,
            new StepRunnerOptions
            {
                OnEvent = e =>
                {
                    mirror?.Note(e);
                    if (e.Message.Length > 0 && e.Kind != StepEventKind.Failed) // failures are told once, at the end
                    {
                        report($"{e.Step}: {e.Message}");
                    }
                },
            }
        );
        try
        {
            var ledger = await runner.RunAsync(cancellationToken);
            return (api!, ledger);
        }
        finally
        {
            if (mirror is not null && await mirror.FinishAsync() is { } fault)
            {
                report($"The cluster has no copy of the steps: {fault}");
            }
        }
    }

    private static void TellLeftOut(PlatformServiceSelection choice, Action<string> report)
    {
        foreach (var reason in choice.LeftOut.GroupBy(s => s.Reason, StringComparer.Ordinal))
        {
            report($"Left out: {string.Join(", ", reason.Select(s => s.Name))} — each {reason.Key}.");
        }
    }

    private Func<CancellationToken, Task<KubernetesClient>> Connect(PlatformSettings settings) =>
        settings.Cluster == ClusterKinds.Existing
            ? _ => Task.FromResult(ExistingCluster.Open(settings.Kubeconfig, settings.Context, time).Client)
            : token =>
                new KindClusters(programs, time).ConnectAsync(platform.State.Platform, platform.State.Folder, token);

    private Step[] KindSteps(
        CreateOptions options,
        PlatformSettings settings,
        PlatformServiceSelection services,
        Step serve
    )
    {
        var state = platform.State;
        bool isNew = state.ReadSettings() is null;
        var needs = PlatformServiceNeeds.Of(services, options.NodeImage, isNew);
        var clusters = new KindClusters(programs, time);
        var registry = new LocalRegistry(programs);
        var spec = new KindClusterSpec
        {
            Platform = state.Platform,
            Configuration = options.KindConfiguration,
            NodeImage = options.NodeImage,
        };
        var isInCluster = settings.Api == ApiPlaces.InCluster;
        if (isInCluster)
        {
            spec = spec with { Ports = [new KindPort(PlatformApiInstallation.NodePort)] };
            if (isNew)
            {
                var image = options.PlatformImage ?? options.BaseImage ?? PlatformApiImageOptions.DefaultBaseImage;
                needs = needs with { Images = [.. needs.Images, image] };
            }
        }

        var serviceSteps = ServiceSteps(settings, services, "baseline", "nodes");
        KindCluster? cluster = null;
        Step[] basis =
        [
            Always("preflight", [], async (step, token) => await CheckMachineAsync(needs, step, options, token)),
            Always("registry", ["preflight"], async (_, token) => await registry.EnsureAsync(token)),
            Always(
                "cluster",
                ["preflight"],
                async (step, token) =>
                {
                    // Before anything is made: a run that is killed must know what to clear away.
                    state.WriteSettings(settings);
                    cluster = await clusters.EnsureAsync(spec, state.Folder, step.Report, token);
                }
            ) with
            {
                Timeout = spec.Timeout + TimeSpan.FromMinutes(1),
            },
            // Much can be done before nodes run pods: only what needs pods waits for them.
            Always(
                "nodes",
                ["cluster"],
                (step, token) => clusters.WaitForNodesAsync(spec, state.Folder, step.Report, token)
            ) with
            {
                Timeout = spec.Timeout + TimeSpan.FromMinutes(1),
            },
            Always(
                "registry in the cluster",
                ["registry", "cluster"],
                async (_, token) =>
                {
                    using var client = await clusters.ConnectAsync(state.Platform, state.Folder, token);
                    await registry.JoinAsync(KindClusterName.Of(state.Platform), client, token);
                }
            ),
            Baseline(settings, new PlaybookCluster(state.Kubeconfig)).Step("cluster"),
            .. serviceSteps,
        ];
        string[] platformNeeds = ["baseline", .. serviceSteps.Select(s => s.Name)];
        return isInCluster
            ? [.. basis, .. InClusterSteps(options, clusters, registry, () => cluster!, services, platformNeeds, serve)]
            : [.. basis, serve with { DependsOn = [.. platformNeeds, "registry in the cluster"] }];
    }

    private Step[] InClusterSteps(
        CreateOptions options,
        KindClusters clusters,
        LocalRegistry registry,
        Func<KindCluster> cluster,
        PlatformServiceSelection services,
        IReadOnlyList<string> needs,
        Step serve
    )
    {
        var state = platform.State;
        var image = options.PlatformImage;
        return
        [
            Always(
                "platform image",
                ["registry"],
                async (step, token) =>
                {
                    if (image is null)
                    {
                        using var reached = await registry.ReachAsync(time, token);
                        var build = new PlatformApiImageOptions
                        {
                            BaseImage = options.BaseImage ?? PlatformApiImageOptions.DefaultBaseImage,
                            Source = options.Source ?? throw NoSource(),
                            Registry = registry.Host,
                        };
                        image = await new PlatformApiImage(programs, time).EnsureAsync(build, step.Report, token);
                    }
                }
            ) with
            {
                Timeout = TimeSpan.FromMinutes(10),
                // Another platform of this machine may build the same image just now.
                Retry = new StepRetry { Attempts = 3, Delay = TimeSpan.FromSeconds(15) },
            },
            Always(
                "platform image on the nodes",
                ["platform image", "registry in the cluster"],
                async (step, token) =>
                {
                    try
                    {
                        await registry.PullAsync(KindClusterName.Of(state.Platform), image!, token);
                    }
                    catch (PlatformException fault)
                    {
                        step.Report($"left to the pods: {fault.Message}"); // which say more, and try again
                    }
                }
            ) with
            {
                Timeout = TimeSpan.FromMinutes(6),
            },
            Always(
                "platform api",
                [.. needs, "platform image on the nodes"],
                async (step, token) =>
                {
                    using var client = await clusters.ConnectAsync(state.Platform, state.Folder, token);
                    await new PlatformApiInstallation(client, time).EnsureAsync(
                        state.Platform,
                        image!,
                        state.EnsureToken(),
                        services.ObjectStore?.Service.ObjectStore,
                        TimeSpan.FromMinutes(4),
                        step.Report,
                        token
                    );
                    var port = cluster().Ports.First(p => p.ContainerPort == PlatformApiInstallation.NodePort);
                    var address = new UriBuilder(Uri.UriSchemeHttp, port.ListenAddress, port.HostPort).Uri;
                    state.WriteEndpoint(new EndpointDocument(address, 0, options.Version));
                }
            ),
            serve with
            {
                Name = "ready",
                DependsOn = ["platform api", "nodes"],
            },
        ];
    }

    private static PlatformException NoSource() =>
        new(
            "The Platform API's image cannot be built: this program does not know its source tree.",
            "Name a finished image with --platform-image, or serve from this machine with --platform-api on-host."
        )
        {
            Kind = FailureKind.InvalidInput,
        };

    private ClusterBaseline Baseline(PlatformSettings settings, PlaybookCluster cluster) =>
        new(Connect(settings), new AnsiblePlaybooks(programs), cluster, time);

    private Step[] ServiceSteps(PlatformSettings settings, PlatformServiceSelection services, params string[] after) =>
        [
            .. new PlatformServiceSteps(
                services,
                Connect(settings),
                new ServiceInstallationOptions { Time = time }
            ).After(after),
        ];

    private async Task CheckMachineAsync(
        KindPreflightOptions needs,
        StepContext step,
        CreateOptions options,
        CancellationToken cancellationToken
    )
    {
        var preflight = await KindPreflight.ForAsync(programs, options.NodeImage, needs, cancellationToken);
        var report = await preflight.RunAsync(cancellationToken);
        var warnings = report
            .Checks.Where(c => c.Status == CheckStatus.Warn)
            .ToLookup(c => c.Name.StartsWith(KindPreflight.ImagePrefix, StringComparison.Ordinal));
        foreach (var check in warnings[false])
        {
            step.Report($"{check.Name}: {check.Message}");
        }

        // A registry that is out of reach concerns many images: that is told in one line.
        if (warnings[true].Select(c => c.Name).ToList() is { Count: > 0 } images)
        {
            step.Report(
                $"{images.Count} images may not be there when they are needed ({warnings[true].First().Message}): "
                    + string.Join(", ", images.Select(i => i[KindPreflight.ImagePrefix.Length..]))
            );
        }

        if (!report.IsHealthy)
        {
            var failed = report.Checks.Where(c => c.Status == CheckStatus.Fail).ToList();
            // Images of one registry that is out of reach fail alike: that is told once.
            var faults = failed
                .GroupBy(c => c.Message, c => c.Name, StringComparer.Ordinal)
                .Select(g => $"{string.Join(", ", g)}: {g.Key}")
                .ToList();
            var fixes = failed.Select(c => c.Fix).OfType<string>();
            throw new PlatformException(
                "This machine cannot have a Kind cluster"
                    + (faults.Count == 1 ? $": {faults[0]}" : $":\n  - {string.Join("\n  - ", faults)}"),
                string.Join(
                    '\n',
                    needs.Images.Count == 0 ? fixes : [.. fixes, "Or do without the platform services: --services none"]
                )
            );
        }
    }

    private Step[] ExistingSteps(
        CreateOptions options,
        PlatformSettings settings,
        PlatformServiceSelection services,
        Step serve
    )
    {
        var serviceSteps = ServiceSteps(settings, services, "baseline");
        return
        [
            Always(
                "permission",
                [],
                async (_, token) =>
                {
                    var (client, cluster) = ExistingCluster.Open(settings.Kubeconfig, settings.Context, time);
                    using (client)
                    {
                        await cluster.AllowAsync(platform.State.Platform, options.Confirm, token);
                    }

                    platform.State.WriteSettings(settings);
                }
            ) with
            {
                Timeout = TimeSpan.FromMinutes(10), // somebody may have to answer
            },
            Baseline(settings, new PlaybookCluster(settings.Kubeconfig, settings.Context)).Step("permission"),
            .. serviceSteps,
            serve with
            {
                DependsOn = ["baseline", .. serviceSteps.Select(s => s.Name)],
            },
        ];
    }

    // Each of these looks first and does only what is missing: the journal need not be believed.
    private static Step Always(
        string name,
        IReadOnlyList<string> dependsOn,
        Func<StepContext, CancellationToken, Task> run
    ) =>
        new()
        {
            Name = name,
            DependsOn = dependsOn,
            RunAsync = run,
            IsDoneAsync = (_, _) => Task.FromResult(false),
        };
}
