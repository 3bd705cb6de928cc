using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Deployment.Registries;

namespace PlatformLocal.Deployment.Delivery.Flux;

/// <summary>Where Flux finds the builds of one environment.</summary>
/// <param name="Repository">The repository, as the platform reaches it.</param>
/// <param name="Url">The same, as the cluster reaches it: <c>oci://…</c>.</param>
/// <param name="IsInsecure">Whether the cluster reaches it over plain HTTP.</param>
internal sealed record FluxPlace(RepositoryName Repository, string Url, bool IsInsecure);

/// <summary>The builds of environments in the platform's registry.</summary>
/// <param name="options">How the registry is talked to, and the clock of waits.</param>
internal sealed class FluxArtifacts(DirectDeliveryOptions options)
{
    // What a cluster says of the registry beside it: https://github.com/kubernetes/enhancements/tree/master/keps/sig-cluster-lifecycle/generic/1755-communicating-a-local-registry
    private static readonly ObjectReference s_hosting = new("v1", "ConfigMap", "kube-public", "local-registry-hosting");

    private static readonly ObjectReference s_cluster = new("v1", "Namespace", null, "kube-system");

    /// <summary>Finds the place of an environment: one that no other platform, and no other cluster, has in the same registry.</summary>
    /// <exception cref="PlatformException">The cluster does not reach the registry, or cannot be asked.</exception>
    public static async Task<FluxPlace> FindAsync(
        KubernetesClient client,
        FluxDeliveryOptions flux,
        string environment,
        CancellationToken cancellationToken
    )
    {
        string cluster = (await client.GetAsync(s_cluster, cancellationToken)).Uid() ?? "";
        string path = $"deliveries/{flux.Platform}-{cluster[..Math.Min(8, cluster.Length)]}/{environment}";
        RepositoryName repository = RepositoryName.Parse($"{flux.Registry}/{path}");
        if (!repository.IsThisMachine)
        {
            return new FluxPlace(repository, $"oci://{repository}", IsInsecure: false);
        }
        string? announced = (await client.FindAsync(s_hosting, cancellationToken))
            .Child("data")
            .Text("localRegistryHosting.v1");
        JsonObject? hosting = announced is null
            ? null
            : YamlText.ParseObject(announced, $"{s_hosting}, localRegistryHosting.v1");
        return hosting.Text("host") == repository.Host && hosting.Text("hostFromClusterNetwork") is { } inside
            ? new FluxPlace(repository, $"oci://{inside}/{path}", IsInsecure: true)
            : throw new PlatformException(
                FailureKind.InvalidInput,
                $"Flux cannot fetch {environment} from {flux.Registry}: in the cluster that name is another machine, and "
                    + $"{s_hosting} does not say how the registry is called there.",
                "Name a registry in platform.yaml that the cluster reaches (spec.registry), announce the local one with "
                    + "hostFromClusterNetwork, or deliver with --delivery direct."
            );
    }

    /// <summary>Pushes a build, unless it is there. Its tag is made of its digest: nobody ever reads a half of it, or another one.</summary>
    /// <exception cref="PlatformException">The registry refuses or is away: nothing was changed in the cluster.</exception>
    public async Task PushAsync(RepositoryName repository, FolderArtifact artifact, CancellationToken cancellationToken)
    {
        using RegistryClient registry = await ConnectAsync(cancellationToken);
        string tag = TagOf(artifact.Digest);
        try
        {
            if (await registry.GetDigestAsync(repository, tag, cancellationToken) == artifact.Digest)
            {
                return;
            }
        }
        catch (PlatformException fault) when (fault.Kind == FailureKind.NotFound)
        {
            // It is new.
        }
        await artifact.PushAsync(registry, repository, tag, cancellationToken);
    }

    /// <summary>Deletes the builds of an environment.</summary>
    /// <param name="repository">The environment's repository.</param>
    /// <param name="but">The digest of the one that stays; <see langword="null"/> for none.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>Why some stay; <see langword="null"/> when they are gone.</returns>
    public async Task<string?> DeleteAsync(RepositoryName repository, string? but, CancellationToken cancellationToken)
    {
        using RegistryClient registry = await ConnectAsync(cancellationToken);
        try
        {
            foreach (string tag in await registry.ListTagsAsync(repository, cancellationToken))
            {
                await DeleteTagAsync(registry, repository, tag, but, cancellationToken);
            }
            return null;
        }
        catch (PlatformException fault) when (fault.Kind == FailureKind.NotFound)
        {
            return null; // nothing was ever pushed
        }
        catch (PlatformException fault)
        {
            return fault.Message;
        }
    }

    private static async Task DeleteTagAsync(
        RegistryClient registry,
        RepositoryName repository,
        string tag,
        string? but,
        CancellationToken cancellationToken
    )
    {
        try
        {
            string digest = await registry.GetDigestAsync(repository, tag, cancellationToken);
            if (digest != but)
            {
                await registry.DeleteManifestAsync(repository, digest, cancellationToken);
            }
        }
        catch (PlatformException fault) when (fault.Kind == FailureKind.NotFound)
        {
            // Another tag of the same build was deleted before, and this one with it.
        }
    }

    private async Task<RegistryClient> ConnectAsync(CancellationToken cancellationToken) =>
        new(
            new ProgramRunner(options.TimeProvider),
            options.TimeProvider,
            options.Registries is { } registries ? await registries(cancellationToken) : null
        );

    private static string TagOf(string digest) => digest.Replace(':', '-');
}
