using PlatformLocal.Kubernetes.Readiness;
using PlatformLocal.Platform.PlatformServices.Selection;

namespace PlatformLocal.Platform.PlatformServices.Installation;

/// <summary>Installs one platform service: what it downloads, its charts, its own manifests, until it serves.</summary>
internal sealed class ServiceInstaller(
    KubernetesClient client,
    ServiceInstallationOptions options,
    Action<string> report
)
{
    private readonly ReadinessWait _wait = new(options, report);
    private readonly ManifestInstaller _manifests = new(client, options, report);
    private readonly ChartInstaller _charts = new(client, options, report);

    /// <summary>Installs a service, or changes it to what is chosen now.</summary>
    /// <exception cref="PlatformException">A part of it failed, or was not ready in time.</exception>
    public async Task InstallAsync(SelectedService chosen, CancellationToken cancellationToken)
    {
        var service = chosen.Service;
        var timeout = options.Timeout ?? service.Timeout;
        await ApplyDownloadedAsync(chosen, cancellationToken);
        foreach (var chart in service.Charts)
        {
            await EnsureNamespaceAsync(service, chart, cancellationToken);
            await _charts.InstallAsync(chosen, chart, cancellationToken);
        }

        if (service.HasManifests)
        {
            var objects = chosen.Manifests();
            await _manifests.ApplyAsync(service.Name, objects, cancellationToken);
            await _manifests.WaitAsync(objects, timeout, cancellationToken);
        }

        foreach (var probe in service.Probes)
        {
            await WaitAsync(chosen, probe, timeout, cancellationToken);
        }
    }

    /// <summary>Removes a service; its Secrets and its data stay.</summary>
    /// <exception cref="PlatformException">A part of it was still there in the end.</exception>
    public async Task RemoveAsync(SelectedService chosen, CancellationToken cancellationToken)
    {
        var service = chosen.Service;
        if (service.HasManifests)
        {
            await _manifests.RemoveAsync(
                [.. chosen.Manifests().Select(ObjectReference.Of)],
                options.Timeout ?? service.Timeout,
                cancellationToken
            );
        }

        foreach (var chart in service.Charts.Reverse())
        {
            await _charts.RemoveAsync(chosen, chart, _manifests, cancellationToken);
        }

        await new ServiceLeftovers(client, _manifests, report).RemoveAsync(service, cancellationToken);
        await new InstalledManifests(client).ForgetAsync(service.Name, cancellationToken);
    }

    // Helm would make it without labels: network policies know the platform's namespaces by this one.
    private async Task EnsureNamespaceAsync(
        PlatformService service,
        HelmChart chart,
        CancellationToken cancellationToken
    )
    {
        if (chart.Namespace == PlatformService.Namespace)
        {
            return;
        }

        var reference = new ObjectReference("v1", "Namespace", null, chart.Namespace);
        if (await client.FindAsync(reference, cancellationToken) is not { } found)
        {
            var made = ServiceLabels.Put(service.Name, reference.ToObject());
            made["metadata"]!["labels"]!["platform.local/system"] = "platform";
            await client.ApplyAsync(made, new WriteOptions { Force = true }, cancellationToken);
        }
        else if (!ServiceLabels.IsOurs(found))
        {
            report($"uses the namespace {chart.Namespace}, which the platform did not make: it will stay");
        }
    }

    private async Task ApplyDownloadedAsync(SelectedService chosen, CancellationToken cancellationToken)
    {
        if (chosen.Service.ManifestsAt is not { } address)
        {
            return;
        }

        string name = chosen.Service.Name;
        var source = new ManifestSource(name, address, chosen.Change.Manifests);
        var installed = new InstalledManifests(client);
        string identity = source.Identity;
        if (!await installed.HasAsync(name, identity, cancellationToken))
        {
            await _manifests.ApplyAsync(name, await source.ReadAsync(cancellationToken), cancellationToken);
            await installed.RememberAsync(name, identity, cancellationToken);
        }
    }

    private async Task WaitAsync(
        SelectedService chosen,
        ServiceProbe probe,
        TimeSpan timeout,
        CancellationToken cancellationToken
    )
    {
        var (what, look) = probe switch
        {
            HttpProbe http => (
                $"{http.Path} of Service {PlatformService.Namespace}/{http.Service}",
                (Func<CancellationToken, Task<ObjectReadiness>>)(token => AskAsync(http, token))
            ),
            StatusProbe status => (status.Reference.ToString(), token => ReadAsync(status, token)),
            _ => throw new InvalidOperationException($"Nobody knows how to ask {probe}."),
        };
        await _wait.UntilReadyAsync(
            what,
            timeout,
            $"Look at its pods with: {ShellCommand.Kubectl(PlatformService.Namespace, "get", "pods")}\n"
                + $"Look at a log with: {ShellCommand.Kubectl(PlatformService.Namespace, "logs", "--selector", $"app.kubernetes.io/instance={chosen.Service.Name}")}",
            look,
            cancellationToken
        );
    }

    private async Task<ObjectReadiness> AskAsync(HttpProbe probe, CancellationToken cancellationToken)
    {
        try
        {
            await client.AskServiceAsync(
                PlatformService.Namespace,
                probe.Service,
                probe.Port,
                probe.Path,
                cancellationToken
            );
            return ObjectReadiness.Current("answers");
        }
        catch (KubernetesException e) when (!e.IsForbidden && !e.IsUnauthorized)
        {
            return ObjectReadiness.InProgress(e.Message);
        }
    }

    private async Task<ObjectReadiness> ReadAsync(StatusProbe probe, CancellationToken cancellationToken)
    {
        if (await client.Resources.FindAsync(probe.ApiVersion, probe.Kind, cancellationToken) is null)
        {
            return ObjectReadiness.InProgress($"the cluster does not know the kind {probe.Kind} yet");
        }

        if (await client.FindAsync(probe.Reference, cancellationToken) is not { } found)
        {
            return ObjectReadiness.InProgress("does not exist yet");
        }

        var readiness = probe.Rule(found);
        return
            !readiness.IsCurrent
            && probe is { PodSelector: { } selector, Namespace: { } where }
            && await new PodPatience(client, options).FindTroubleAsync(where, selector, cancellationToken)
                is { } trouble
            ? readiness with
            {
                Message = $"{readiness.Message}; {trouble}",
            }
            : readiness;
    }
}
