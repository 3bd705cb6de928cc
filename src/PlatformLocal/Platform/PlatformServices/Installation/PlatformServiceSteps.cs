using PlatformLocal.Platform.PlatformServices.Flux;
using PlatformLocal.Platform.PlatformServices.Selection;
using PlatformLocal.Platform.Steps;

namespace PlatformLocal.Platform.PlatformServices.Installation;

/// <summary>The steps that bring the platform services into a cluster: Flux, secrets, and one step for each service.</summary>
internal sealed class PlatformServiceSteps(
    PlatformServiceSelection choice,
    Func<CancellationToken, Task<KubernetesClient>> connect, // by each step anew, as addresses change
    ServiceInstallationOptions? options = null
)
{
    /// <summary>The step that installs Flux.</summary>
    public const string FluxStep = "flux";

    /// <summary>The step that makes up credentials.</summary>
    public const string SecretsStep = "secrets";

    // Waits have timeouts of their own that say more: this one is for what does not listen.
    private static readonly TimeSpan s_margin = TimeSpan.FromMinutes(1);

    private readonly ServiceInstallationOptions _options = options ?? new ServiceInstallationOptions();

    /// <summary>The steps; none when no service is chosen and nothing else needs Flux.</summary>
    /// <param name="after">The names of the steps that must be done before the first of these.</param>
    public IReadOnlyList<Step> After(params IReadOnlyList<string> after)
    {
        Step[] flux = choice.NeedsFlux ? [Flux(after)] : [];
        return choice.Services.Count == 0 ? flux : [.. flux, Secrets(after), .. choice.Services.Select(Service)];
    }

    /// <summary>Removes the services, each before those it depends on, then what they share; what is not there is passed over.</summary>
    /// <exception cref="PlatformException">The cluster refuses, or something does not go in time.</exception>
    public async Task RemoveAsync(Action<string> report, CancellationToken cancellationToken)
    {
        if (choice.Services.Count == 0 && !choice.NeedsFlux)
        {
            return;
        }

        using var client = await connect(cancellationToken);
        foreach (var chosen in choice.Services.Reverse())
        {
            await new ServiceInstaller(client, _options, report).RemoveAsync(chosen, cancellationToken);
        }

        if (choice.Services.Count > 0)
        {
            await RemoveDataAsync(client, report, cancellationToken);
        }

        if (choice.NeedsFlux)
        {
            await Installer(client, report).RemoveAsync(cancellationToken);
        }
    }

    private Step Flux(IReadOnlyList<string> after) =>
        New(
            FluxStep,
            after,
            FluxInstaller.Timeout,
            async (client, step, token) =>
            {
                await EnsureNamespaceAsync(client, token); // what is installed is remembered there
                await Installer(client, step.Report).InstallAsync(token);
            }
        ) with
        {
            // A download may fail once; what was not ready in time had its time.
            Retry = new StepRetry
            {
                Attempts = 3,
                IsWorthwhile = fault =>
                    StepRetry.Never.IsWorthwhile(fault)
                    && fault is not PlatformException { Kind: FailureKind.NotReadyInTime },
            },
        };

    private FluxInstaller Installer(KubernetesClient client, Action<string> report) =>
        new(client, new ManifestSource("flux", FluxRelease.Manifests, choice.FluxManifests), _options, report);

    private Step Secrets(IReadOnlyList<string> after) =>
        New(
            SecretsStep,
            after,
            TimeSpan.FromMinutes(1),
            async (client, step, token) =>
            {
                await EnsureNamespaceAsync(client, token);
                var secrets = new SecretInstaller(client, step.Report);
                foreach (var chosen in choice.Services)
                {
                    await secrets.EnsureAsync(chosen.Service, token);
                }
            }
        );

    private Step Service(SelectedService chosen) =>
        New(
            chosen.Service.Name,
            [SecretsStep, .. chosen.Service.NeedsFlux ? (string[])[FluxStep] : [], .. chosen.Service.DependsOn],
            // Its parts are waited for one after another.
            chosen.Service.Timeout
                * (chosen.Service.Charts.Count + chosen.Service.Probes.Count + (chosen.Service.HasManifests ? 1 : 0)),
            (client, step, token) => new ServiceInstaller(client, _options, step.Report).InstallAsync(chosen, token)
        ) with
        {
            StopsOthers = false,
        };

    private static async Task EnsureNamespaceAsync(KubernetesClient client, CancellationToken cancellationToken)
    {
        var reference = new ObjectReference("v1", "Namespace", null, PlatformService.Namespace);
        if (await client.FindAsync(reference, cancellationToken) is null)
        {
            try
            {
                await client.CreateAsync(reference.ToObject(), null, cancellationToken);
            }
            catch (KubernetesException e) when (e.IsAlreadyExists)
            {
                // Another step that runs at the same time was faster.
            }
        }
    }

    // Passwords and the data they open go together: a new password does not open an old volume.
    private async Task RemoveDataAsync(KubernetesClient client, Action<string> report, CancellationToken token)
    {
        report($"removes credentials and volumes in {PlatformService.Namespace}");
        await RemoveVolumesAsync(client, token);
        foreach (var chosen in choice.Services)
        {
            await client.DeleteCollectionAsync(
                "v1",
                "Secret",
                PlatformService.Namespace,
                new ListOptions { LabelSelector = ServiceLabels.Selector(chosen.Service.Name) },
                null,
                token
            );
        }
    }

    // The namespace may be somebody else's too: only volumes that say whose they are go.
    private async Task RemoveVolumesAsync(KubernetesClient client, CancellationToken cancellationToken)
    {
        const string kind = "PersistentVolumeClaim";
        var owners = choice
            .Services.SelectMany(s => s.Service.Charts.Select(c => c.Release).Append(s.Service.Name))
            .ToHashSet(StringComparer.Ordinal);
        var claims = await client.ListAsync(
            "v1",
            kind,
            PlatformService.Namespace,
            new ListOptions { MetadataOnly = true },
            cancellationToken
        );
        foreach (var claim in claims.Items)
        {
            string?[] labels =
            [
                claim.Label(ServiceLabels.Service),
                claim.Label("app.kubernetes.io/instance"),
                claim.Label("release"),
            ];
            if (labels.Any(l => l is not null && owners.Contains(l)))
            {
                await client.DeleteAsync(
                    new ObjectReference("v1", kind, PlatformService.Namespace, claim.Metadata().Text("name")!),
                    new DeleteOptions { Uid = claim.Uid() },
                    cancellationToken
                );
            }
        }
    }

    private Step New(
        string name,
        IReadOnlyList<string> dependsOn,
        TimeSpan timeout,
        Func<KubernetesClient, StepContext, CancellationToken, Task> run
    ) =>
        new()
        {
            Name = name,
            DependsOn = dependsOn,
            Timeout = timeout + s_margin,
            RunAsync = async (step, token) =>
            {
                using var client = await connect(token);
                await run(client, step, token);
            },
        };
}
