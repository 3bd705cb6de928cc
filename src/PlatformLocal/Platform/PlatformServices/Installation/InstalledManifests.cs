namespace PlatformLocal.Platform.PlatformServices.Installation;

/// <summary>
/// The ConfigMap <c>platform-system/platform-services</c>: which downloaded manifests the cluster has, so that a run
/// without changes downloads nothing.
/// </summary>
/// <param name="client">The cluster.</param>
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

    public Task RememberAsync(string service, string identity, CancellationToken cancellationToken) =>
        WriteAsync(service, identity, cancellationToken);

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

    // Each service is its own field manager: services that are installed at the same time do not take each other's line.
    private async Task WriteAsync(string service, string identity, CancellationToken cancellationToken) =>
        await client.ApplyAsync(
            new JsonObject
            {
                ["apiVersion"] = s_reference.ApiVersion,
                ["kind"] = s_reference.Kind,
                ["metadata"] = new JsonObject { ["name"] = s_reference.Name, ["namespace"] = s_reference.Namespace },
                ["data"] = new JsonObject { [service] = identity },
            },
            new WriteOptions { Force = true, FieldManager = $"platform-local-{service}" },
            cancellationToken
        );
}
