using PlatformLocal.Platform.PlatformServices.Flux;

namespace PlatformLocal.Platform.PlatformServices.Installation;

/// <summary>Installs Flux, unless the cluster has one that the platform did not install.</summary>
internal sealed class FluxInstaller(
    KubernetesClient client,
    ManifestSource source,
    ServiceInstallationOptions options,
    Action<string> report
)
{
    private readonly ManifestInstaller _manifests = new(client, options, report);
    private readonly TimeSpan _timeout = options.Timeout ?? Timeout;

    /// <summary>How long its controllers may take to become ready, and each of its parts to go.</summary>
    public static TimeSpan Timeout { get; } = TimeSpan.FromMinutes(5);

    private const string Service = "flux";
    private const string KindsVersion = "apiextensions.k8s.io/v1";
    private const string RolesVersion = "rbac.authorization.k8s.io/v1";

    private static readonly ObjectReference s_releases = new(
        KindsVersion,
        "CustomResourceDefinition",
        null,
        "helmreleases.helm.toolkit.fluxcd.io"
    );

    /// <summary>Installs Flux and waits for its controllers.</summary>
    /// <exception cref="PlatformException">The cluster is too old, or something of it failed.</exception>
    public async Task InstallAsync(CancellationToken cancellationToken)
    {
        var found = await client.FindAsync(s_releases, cancellationToken);
        if (found is not null && !ServiceLabels.IsOurs(found))
        {
            report("uses the Flux that the cluster has");
            return;
        }

        var version = await client.GetVersionAsync(cancellationToken);
        if (version.Major == 1 && version.Minor < options.OldestKubernetes)
        {
            throw FluxRelease.TooOld($"Kubernetes {version.GitVersion}");
        }

        var installed = new InstalledManifests(client);
        var identity = $"{source.Identity} {FluxRelease.Adaptation}";
        if (found is null || !await installed.HasAsync(Service, identity, cancellationToken))
        {
            report($"installs Flux {FluxRelease.Version}");
            var objects = FluxRelease.Adapted(await source.ReadAsync(cancellationToken));
            await _manifests.ApplyAsync(Service, objects, cancellationToken);
            await installed.RememberAsync(Service, identity, cancellationToken);
        }

        var controllers = await client.ListAsync(
            "apps/v1",
            "Deployment",
            FluxRelease.Namespace,
            new ListOptions { LabelSelector = ServiceLabels.Selector(Service) },
            cancellationToken
        );
        await _manifests.WaitAsync(controllers.Items.Select(WithKind), _timeout, cancellationToken);
    }

    /// <summary>Removes Flux when the platform installed it.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        await new InstalledManifests(client).ForgetAsync(Service, cancellationToken);
        foreach (
            var (apiVersion, kind) in new[]
            {
                (KindsVersion, "CustomResourceDefinition"),
                ("v1", "Namespace"),
                (RolesVersion, "ClusterRoleBinding"),
                (RolesVersion, "ClusterRole"),
            }
        )
        {
            var ours = await client.ListAsync(
                apiVersion,
                kind,
                null,
                new ListOptions { LabelSelector = ServiceLabels.Selector(Service), MetadataOnly = true },
                cancellationToken
            );
            await _manifests.RemoveAsync(
                [.. ours.Items.Select(i => new ObjectReference(apiVersion, kind, null, i.Metadata().Text("name")!))],
                _timeout,
                cancellationToken
            );
        }
    }

    // Items of a list come without what they are.
    private static JsonObject WithKind(JsonObject item)
    {
        var whole = (JsonObject)item.DeepClone();
        whole["apiVersion"] = "apps/v1";
        whole["kind"] = "Deployment";
        return whole;
    }
}
