namespace PlatformLocal.Platform.PlatformServices.Installation;

/// <summary>
/// The ConfigMap <c>platform-system/platform-services</c>: which downloaded manifests the cluster has, so that a run
/// without changes downloads nothing.
/// </summary>
internal sealed class InstalledManifests(KubernetesClient client)
{
    private static readonly ObjectReference s_reference = new(
        "v1",
        "ConfigMap",
        PlatformService.Namespace,
        "platform-services"
    );

    public async Task<bool> HasAsync(string service, string identity, CancellationToken cancellationToken) =>
        (await client.FindAsync(s_reference, cancellationToken)).Child("data").Text(service) == identity;

    // Each service is its own field manager: services that are installed at the same time do not take each other's line.
    public async Task RememberAsync(string service, string identity, CancellationToken cancellationToken) =>
        await client.ApplyAsync(
            s_reference.ToObject(("data", new JsonObject { [service] = identity })),
            new WriteOptions { Force = true, FieldManager = $"platform-local-{service}" },
            cancellationToken
        );

    public async Task ForgetAsync(string service, CancellationToken cancellationToken)
    {
        if (
            await client.FindAsync(s_reference, cancellationToken) is { } found
            && found.Child("data").Text(service) is not null
        )
        {
            var change = new JsonObject { ["data"] = new JsonObject { [service] = null } };
            await client.PatchAsync(s_reference, PatchKind.Merge, change, null, cancellationToken);
        }
    }
}
