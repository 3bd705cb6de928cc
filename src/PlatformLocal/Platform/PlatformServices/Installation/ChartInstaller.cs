using PlatformLocal.Kubernetes.Readiness;
using PlatformLocal.Platform.PlatformServices.Flux;
using PlatformLocal.Platform.PlatformServices.Selection;

namespace PlatformLocal.Platform.PlatformServices.Installation;

/// <summary>Has Flux install charts, and waits until they are.</summary>
internal sealed class ChartInstaller(KubernetesClient client, ServiceInstallationOptions options, Action<string> report)
{
    private readonly ReadinessWait _wait = new(options, report);

    /// <summary>Installs or upgrades a chart.</summary>
    /// <exception cref="PlatformException">Flux gave up, or the release is not ready in time.</exception>
    public async Task InstallAsync(SelectedService chosen, HelmChart chart, CancellationToken cancellationToken)
    {
        var reference = FluxObjects.ReleaseOf(chart);
        var before = await client.FindAsync(reference, cancellationToken);
        bool isCleared = await ClearAbandonedAsync(chosen, chart, before, cancellationToken);
        var force = new WriteOptions { Force = true };
        await client.ApplyAsync(FluxObjects.Source(chosen, chart), force, cancellationToken);
        await client.ApplyAsync(FluxObjects.Release(chosen, chart), force, cancellationToken);
        var start =
            before is null ? ReleaseStart.New
            : isCleared || HelmReleaseRules.IsStopped(before) ? await RetryAsync(before, reference, cancellationToken)
            : new ReleaseStart(HelmReleaseRules.FailuresOf(before), null);
        var pods = new PodPatience(client, options);
        await _wait.UntilReadyAsync(
            reference.ToString(),
            options.Timeout ?? chosen.Service.Timeout,
            $"Look at it with: {reference.Kubectl("describe")}",
            async token =>
            {
                if (await client.FindAsync(reference, token) is not { } release)
                {
                    return ObjectReadiness.Failed("somebody removed it");
                }

                if (await ClearAbandonedAsync(chosen, chart, release, token))
                {
                    start = await RetryAsync(release, reference, token);
                }

                var readiness = HelmReleaseRules.Of(release, start);
                return readiness.IsCurrent
                    ? readiness
                    : readiness with
                    {
                        Message = string.Join(
                            "; ",
                            [readiness.Message, .. await ReasonsAsync(chart, release, pods, token)]
                        ),
                    };
            },
            cancellationToken
        );
    }

    /// <summary>Has Flux uninstall a chart, and waits until it has.</summary>
    public async Task RemoveAsync(HelmChart chart, ManifestInstaller manifests, CancellationToken cancellationToken) =>
        await manifests.RemoveAsync(
            [FluxObjects.SourceOf(chart), FluxObjects.ReleaseOf(chart)],
            options.Timeout ?? TimeSpan.FromMinutes(5),
            cancellationToken
        );

    /// <summary>
    /// Clears an operation of Helm that nobody works on any longer. A pending one is left alone while the controller is
    /// at work and may still end it: until it stopped, or its time is over.
    /// </summary>
    private async Task<bool> ClearAbandonedAsync(
        SelectedService chosen,
        HelmChart chart,
        JsonObject? release,
        CancellationToken cancellationToken
    )
    {
        if (await HelmStorage.FindPendingAsync(client, chart.Release, cancellationToken) is not { } pending)
        {
            return false;
        }

        bool isLate =
            DateTimeOffset.TryParse(pending.Metadata().Text("creationTimestamp"), out var begun)
            && options.Time.GetUtcNow() - begun > chosen.Service.Timeout;
        if (release is not null && !HelmReleaseRules.IsStopped(release) && !isLate)
        {
            return false;
        }

        await HelmStorage.ClearAsync(client, pending, cancellationToken);
        report($"cleared the {pending.Label("status")} of {chart.Release}, left by a run that did not end");
        return true;
    }

    private async Task<ReleaseStart> RetryAsync(
        JsonObject release,
        ObjectReference reference,
        CancellationToken cancellationToken
    )
    {
        string request = options.Time.GetUtcNow().ToString("O");
        await client.PatchAsync(
            reference,
            PatchKind.Merge,
            new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["annotations"] = new JsonObject { ["reconcile.fluxcd.io/requestedAt"] = request },
                },
            },
            null,
            cancellationToken
        );
        return new ReleaseStart(HelmReleaseRules.FailuresOf(release), request);
    }

    /// <summary>What the release's own status does not tell: its chart cannot be had, or its pods do not start.</summary>
    private async Task<List<string>> ReasonsAsync(
        HelmChart chart,
        JsonObject release,
        PodPatience pods,
        CancellationToken cancellationToken
    )
    {
        var reasons = new List<string>();
        List<ObjectReference> sources = [FluxObjects.SourceOf(chart)];
        if (release.Child("status").Text("helmChart")?.Split('/') is [var chartNamespace, var name])
        {
            sources.Add(new ObjectReference(FluxObjects.SourceVersion, "HelmChart", chartNamespace, name));
        }

        foreach (var reference in sources)
        {
            var source = await client.FindAsync(reference, cancellationToken);
            if (source.Condition("Ready") is { } ready && ready.Text("status") == "False")
            {
                reasons.Add($"{reference.Kind} {reference.Name}: {ReadinessRules.Describe(ready)}");
            }
        }

        foreach (string label in new[] { "app.kubernetes.io/instance", "release" })
        {
            string selector = $"{label}={chart.Release}";
            if (await pods.FindTroubleAsync(chart.Namespace, selector, cancellationToken) is { } trouble)
            {
                reasons.Add(trouble);
                break;
            }
        }

        return reasons;
    }
}
