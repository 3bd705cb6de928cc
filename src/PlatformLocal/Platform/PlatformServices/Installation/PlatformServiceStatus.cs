using PlatformLocal.Core.Environments;
using PlatformLocal.Kubernetes.Readiness;
using PlatformLocal.Platform.PlatformServices.Flux;
using PlatformLocal.Platform.PlatformServices.Selection;

namespace PlatformLocal.Platform.PlatformServices.Installation;

/// <summary>How the platform services in a cluster are just now.</summary>
public static class PlatformServiceStatus
{
    /// <summary>Looks at each service.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="choice">The services the platform has.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <exception cref="PlatformException">The cluster refuses or cannot be reached.</exception>
    public static async Task<IReadOnlyList<PlatformServiceDocument>> ReadAsync(
        KubernetesClient client,
        PlatformServiceSelection choice,
        CancellationToken cancellationToken
    ) => await Task.WhenAll(choice.Services.Select(s => ReadAsync(client, s, cancellationToken)));

    private static async Task<PlatformServiceDocument> ReadAsync(
        KubernetesClient client,
        SelectedService chosen,
        CancellationToken cancellationToken
    )
    {
        string by = chosen.Service.NeedsFlux ? DeliveryKinds.Flux : DeliveryKinds.Direct;
        var parts = chosen.Service.NeedsFlux
            ? chosen.Service.Charts.Select(c => (FluxObjects.ReleaseOf(c), (string?)chosen.VersionOf(c)))
            : chosen.Manifests().Select(m => (ObjectReference.Of(m), (string?)null));
        string? fault = null;
        foreach (var (part, version) in parts)
        {
            var readiness = await LookAsync(client, part, version, cancellationToken);
            if (!readiness.IsCurrent)
            {
                fault = $"{part.Kind} {part.Name}: {readiness.Message}";
                break;
            }
        }

        string message = fault ?? "all its parts are ready";
        return new PlatformServiceDocument(chosen.Service.Name, chosen.Version, by, fault is null, message);
    }

    private static async Task<ObjectReadiness> LookAsync(
        KubernetesClient client,
        ObjectReference reference,
        string? version,
        CancellationToken cancellationToken
    )
    {
        if (
            await client.Resources.FindAsync(reference.ApiVersion, reference.Kind, cancellationToken) is null
            || await client.FindAsync(reference, cancellationToken) is not { } item
        )
        {
            return ObjectReadiness.InProgress("is not there");
        }

        return version is not null ? HelmReleaseRules.Of(item, ReleaseStart.New, version) : ReadinessRules.Of(item);
    }
}
