using PlatformLocal.Deployment.Delivery.Flux;
using PlatformLocal.Kubernetes.Readiness;
using PlatformLocal.Platform.PlatformServices.Flux;
using PlatformLocal.Platform.PlatformServices.Selection;

namespace PlatformLocal.Platform.PlatformServices.Installation;

/// <summary>Has Flux install charts, and waits until they are.</summary>
internal sealed class ChartInstaller(KubernetesClient client, ServiceInstallationOptions options, Action<string> report)
{
    // A removal that came in the middle of an action is looked at when that one ends, where Flux is not told otherwise.
    private static readonly TimeSpan s_removalMargin = TimeSpan.FromMinutes(1);

    private readonly ReadinessWait _wait = new(options, report);

    /// <summary>Installs or upgrades a chart.</summary>
    /// <exception cref="PlatformException">Flux gave up, or the release is not ready in time.</exception>
    public async Task InstallAsync(SelectedService chosen, HelmChart chart, CancellationToken cancellationToken)
    {
        var reference = FluxObjects.ReleaseOf(chart);
        var before = await client.FindAsync(reference, cancellationToken);
        var force = new WriteOptions { Force = true };
        var sourceBefore = await client.FindAsync(FluxObjects.SourceOf(chart), cancellationToken);
        var source = (await client.ApplyAsync(FluxObjects.Source(chosen, chart), force, cancellationToken)).Item;
        var asked = (await client.ApplyAsync(FluxObjects.Release(chosen, chart), force, cancellationToken)).Item;
        if (IsSame(sourceBefore, source) && IsSame(before, asked) && IsHealthyButSuspended(asked))
        {
            report($"leaves HelmRelease {chart.Release} as it is: somebody suspended it, and nothing of it changes");
            return;
        }

        var start =
            before is null || HelmReleaseRules.Of(asked, ReleaseStart.New, chosen.VersionOf(chart)).IsCurrent
                ? ReleaseStart.New
                : await RetryAsync(chart, before, cancellationToken);
        var pods = new PodPatience(client, options);
        await _wait.UntilReadyAsync(
            reference.ToString(),
            options.Timeout ?? chosen.Service.Timeout,
            HelmReleaseRules.IsSuspended(asked)
                ? "Let Flux go on with: "
                    + ShellCommand.Kubectl(
                        PlatformService.Namespace,
                        "patch",
                        "helmrelease",
                        chart.Release,
                        "--type",
                        "merge",
                        "--patch",
                        """{"spec":{"suspend":false}}"""
                    )
                : $"Look at it with: {ShellCommand.Kubectl(PlatformService.Namespace, "describe", "helmrelease", chart.Release)}",
            token => LookAsync(chart, chosen.VersionOf(chart), start, pods, token),
            cancellationToken
        );
    }

    /// <summary>Has Flux uninstall a chart, and waits until it has.</summary>
    public async Task RemoveAsync(
        SelectedService chosen,
        HelmChart chart,
        ManifestInstaller manifests,
        CancellationToken cancellationToken
    )
    {
        await ResumeAsync(chart, cancellationToken);
        await manifests.RemoveAsync(
            [.. FluxObjects.SourcesOf(chart), FluxObjects.ReleaseOf(chart)],
            options.Timeout ?? chosen.Service.Timeout + s_removalMargin,
            cancellationToken
        );
    }

    private async Task<ObjectReadiness> LookAsync(
        HelmChart chart,
        string version,
        ReleaseStart start,
        PodPatience pods,
        CancellationToken cancellationToken
    )
    {
        if (await client.FindAsync(FluxObjects.ReleaseOf(chart), cancellationToken) is not { } release)
        {
            return ObjectReadiness.Failed("somebody removed it");
        }

        var readiness = HelmReleaseRules.Of(release, start, version);
        if (readiness.IsCurrent)
        {
            return readiness;
        }

        var reasons = new List<string> { readiness.Message };
        foreach (var source in await SourcesAsync(chart, release, cancellationToken))
        {
            if (HelmReleaseRules.IsStalled(source, out var never))
            {
                return ObjectReadiness.Failed($"{Name(source)} can never be had: {never}");
            }

            if (source.Condition("Ready") is { } ready && ready.Text("status") == "False")
            {
                reasons.Add($"{Name(source)}: {ReadinessRules.Describe(ready)}");
            }
        }

        reasons.AddRange(await PodReasonsAsync(chart, pods, cancellationToken));
        return readiness with { Message = string.Join("; ", reasons) };
    }

    private static bool IsSame(JsonObject? before, JsonObject after) =>
        before is not null && before.Metadata().Number("generation") == after.Metadata().Number("generation");

    // Suspending changes the generation and nothing else: what was ready is as it was asked for.
    private static bool IsHealthyButSuspended(JsonObject asked) =>
        HelmReleaseRules.IsSuspended(asked) && asked.Condition("Ready").Text("status") == "True";

    // A suspended release that is deleted leaves everything behind that it installed.
    private async Task ResumeAsync(HelmChart chart, CancellationToken cancellationToken)
    {
        var reference = FluxObjects.ReleaseOf(chart);
        if (
            await client.Resources.FindAsync(reference.ApiVersion, reference.Kind, cancellationToken) is not null
            && await client.FindAsync(reference, cancellationToken) is { } release
            && ServiceLabels.IsOurs(release)
            && HelmReleaseRules.IsSuspended(release)
        )
        {
            report($"resumes the suspended HelmRelease {chart.Release}, so that it is uninstalled");
            await PatchAsync(
                reference,
                new JsonObject { ["spec"] = new JsonObject { ["suspend"] = false } },
                cancellationToken
            );
        }
    }

    /// <summary>
    /// Has Flux look again at once, at the source first: what it found missing it would look for again after its interval
    /// only.
    /// </summary>
    private async Task<ReleaseStart> RetryAsync(HelmChart chart, JsonObject before, CancellationToken cancellationToken)
    {
        var request = options.Time.GetUtcNow().ToString("O");
        foreach (var reference in new[] { FluxObjects.SourceOf(chart), FluxObjects.ReleaseOf(chart) })
        {
            var annotations = new JsonObject { [FluxKinds.RequestedAt] = request };
            await PatchAsync(
                reference,
                new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = annotations } },
                cancellationToken
            );
        }

        return new ReleaseStart(HelmReleaseRules.FailuresOf(before), request);
    }

    private Task PatchAsync(ObjectReference reference, JsonObject patch, CancellationToken cancellationToken) =>
        client.PatchAsync(reference, PatchKind.Merge, patch, null, cancellationToken);

    /// <summary>Where the chart comes from, as far as it is there.</summary>
    private async Task<IReadOnlyList<JsonObject>> SourcesAsync(
        HelmChart chart,
        JsonObject release,
        CancellationToken cancellationToken
    )
    {
        List<ObjectReference> references = [FluxObjects.SourceOf(chart)];
        if (release.Child("status").Text("helmChart")?.Split('/') is [var chartNamespace, var name])
        {
            references.Add(new ObjectReference(FluxObjects.SourceVersion, "HelmChart", chartNamespace, name));
        }

        var found = new List<JsonObject>();
        foreach (var reference in references)
        {
            if (await client.FindAsync(reference, cancellationToken) is { } source)
            {
                found.Add(source);
            }
        }

        return found;
    }

    private static string Name(JsonObject source) => $"{source.Text("kind")} {source.Metadata().Text("name")}";

    /// <summary>What the release's own status does not tell: its pods do not start.</summary>
    private async Task<IReadOnlyList<string>> PodReasonsAsync(
        HelmChart chart,
        PodPatience pods,
        CancellationToken cancellationToken
    )
    {
        foreach (var label in new[] { "app.kubernetes.io/instance", "release" })
        {
            if (
                await pods.FindTroubleAsync(chart.Namespace, $"{label}={chart.Release}", cancellationToken) is
                { } trouble
            )
            {
                return [trouble];
            }
        }

        return [];
    }
}
