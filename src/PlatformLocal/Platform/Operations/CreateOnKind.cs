using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Platform.Diagnostics;
using PlatformLocal.Platform.PlatformServices.PlatformApi;
using PlatformLocal.Platform.PlatformServices.Selection;
using PlatformLocal.Platform.State;
using PlatformLocal.Platform.Steps;

namespace PlatformLocal.Platform.Operations;

/// <summary>The steps that make a Kind cluster and bring a platform into it.</summary>
internal sealed class CreateOnKind(Creation creation, KindPlatformCluster cluster)
{
    private readonly LocalRegistry _registry = new(creation.Programs);
    private string? _image = cluster.Options.PlatformImage;

    private StateFolder State => creation.State;

    private bool IsInCluster => creation.Settings.IsApiInCluster;

    // Much can be done before nodes run pods: only what needs pods waits for them.
    public IReadOnlyList<Step> Steps(Action<string> report)
    {
        var limit = cluster.Timeout + TimeSpan.FromMinutes(1);
        var services = creation.ServiceSteps("baseline", "nodes");
        string[] needs = ["baseline", .. services.Select(s => s.Name)];
        return
        [
            New("preflight", [], CheckMachineAsync),
            New("registry", ["preflight"], (_, token) => _registry.EnsureAsync(token)),
            New("cluster", ["preflight"], (step, token) => cluster.EnsureAsync(step.Report, token), limit),
            New("nodes", ["cluster"], (step, token) => cluster.WaitForNodesAsync(step.Report, token), limit),
            New("registry in the cluster", ["registry", "cluster"], JoinRegistryAsync),
            creation.Baseline("cluster"),
            .. services,
            .. IsInCluster
                ? ApiInCluster(needs, report)
                : [creation.Serve("platform", report, [.. needs, "registry in the cluster"])],
        ];
    }

    private Step[] ApiInCluster(string[] needs, Action<string> report) =>
        [
            New("platform image", ["registry"], BuildImageAsync, TimeSpan.FromMinutes(10)) with
            {
                // Another platform of this machine may build the same image just now.
                Retry = new StepRetry { Attempts = 3, Delay = TimeSpan.FromSeconds(15) },
            },
            New(
                "platform image on the nodes",
                ["platform image", "registry in the cluster"],
                PullImageAsync,
                TimeSpan.FromMinutes(6)
            ),
            New("platform api", [.. needs, "platform image on the nodes"], InstallApiAsync),
            creation.Serve("ready", report, "platform api", "nodes"),
        ];

    private static Step New(
        string name,
        IReadOnlyList<string> dependsOn,
        Func<StepContext, CancellationToken, Task> run,
        TimeSpan? timeout = null
    )
    {
        var step = new Step
        {
            Name = name,
            DependsOn = dependsOn,
            RunAsync = run,
        };
        return timeout is { } limit ? step with { Timeout = limit } : step;
    }

    private async Task JoinRegistryAsync(StepContext step, CancellationToken cancellationToken)
    {
        using var client = await cluster.ConnectAsync(cancellationToken);
        await _registry.JoinAsync(cluster.Name, client, cancellationToken);
    }

    private async Task BuildImageAsync(StepContext step, CancellationToken cancellationToken)
    {
        if (_image is null)
        {
            using var reached = await _registry.ReachAsync(creation.Time, cancellationToken);
            var build = new PlatformApiImageOptions
            {
                BaseImage = BaseImage,
                Source = creation.Options.Source ?? throw NoSource(),
                Registry = _registry.Host,
            };
            _image = await new PlatformApiImage(creation.Programs, creation.Time).EnsureAsync(
                build,
                step.Report,
                cancellationToken
            );
        }
    }

    private async Task PullImageAsync(StepContext step, CancellationToken cancellationToken)
    {
        try
        {
            await _registry.PullAsync(cluster.Name, _image!, cancellationToken);
        }
        catch (PlatformException fault)
        {
            step.Report($"left to the pods: {fault.Message}"); // which say more, and try again
        }
    }

    private async Task InstallApiAsync(StepContext step, CancellationToken cancellationToken)
    {
        using var client = await cluster.ConnectAsync(cancellationToken);
        await new PlatformApiInstallation(client, creation.Time).EnsureAsync(
            State.Platform,
            _image!,
            State.EnsureToken(),
            creation.Services.ObjectStore?.Service.ObjectStore,
            creation.Settings.Delivery,
            TimeSpan.FromMinutes(4),
            step.Report,
            cancellationToken
        );
        var port = cluster.Made!.Ports.First(p => p.ContainerPort == PlatformApiInstallation.NodePort);
        var address = new UriBuilder(Uri.UriSchemeHttp, port.ListenAddress, port.HostPort).Uri;
        State.WriteEndpoint(new EndpointDocument(address, 0, creation.Options.Version));
    }

    private string BaseImage => cluster.Options.BaseImage ?? PlatformApiImageOptions.DefaultBaseImage;

    private static PlatformException NoSource() =>
        new(
            FailureKind.InvalidInput,
            "The Platform API's image cannot be built: this program does not know its source tree.",
            "Name a finished image with --platform-image, or serve from this machine with --platform-api on-host."
        );

    private async Task CheckMachineAsync(StepContext step, CancellationToken cancellationToken)
    {
        var needs = PlatformServiceNeeds.Of(creation.Services, creation.Settings, creation.IsNew);
        needs = needs with { Nodes = cluster.Nodes };
        if (IsInCluster && creation.IsNew)
        {
            needs = needs with { Images = [.. needs.Images, _image ?? BaseImage] };
        }

        var preflight = await KindPreflight.ForAsync(
            creation.Programs,
            cluster.Options.NodeImage,
            needs,
            cancellationToken
        );
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
                $"{Counted.Of(images.Count, "image")} may not be there when needed ({warnings[true].First().Message}): "
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
}
