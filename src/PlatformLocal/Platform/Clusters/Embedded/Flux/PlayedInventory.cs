using PlatformLocal.Deployment.Delivery.Flux;

namespace PlatformLocal.Platform.Clusters.Embedded.Flux;

/// <summary>What a Kustomization has applied, as its status says it: <c>namespace_name_group_kind</c> and the version.</summary>
internal static class PlayedInventory
{
    public static JsonObject Of(IEnumerable<ObjectReference> objects) =>
        new()
        {
            ["entries"] = new JsonArray([
                .. objects
                    .OrderBy(IdOf, StringComparer.Ordinal)
                    .Select(o => new JsonObject { ["id"] = IdOf(o), ["v"] = o.ApiVersion.Split('/')[^1] }),
            ]),
        };

    public static IReadOnlyList<ObjectReference> Read(JsonObject kustomization) =>
        [
            .. kustomization
                .Child("status")
                .Child("inventory")
                .Items("entries")
                .Select(entry => (Id: entry.Text("id")?.Split('_') ?? [], Version: entry.Text("v") ?? ""))
                .Where(entry => entry.Id.Length == 4)
                .Select(entry => new ObjectReference(
                    ApiGroup.Join(entry.Id[2], entry.Version),
                    entry.Id[3],
                    entry.Id[0].Length == 0 ? null : entry.Id[0],
                    entry.Id[1]
                )),
        ];

    /// <summary>Deletes objects that the Kustomization applied, unless they are somebody else's by now or are to stay.</summary>
    public static async Task PruneAsync(
        KubernetesClient client,
        JsonObject kustomization,
        IEnumerable<ObjectReference> objects,
        CancellationToken cancellationToken
    )
    {
        foreach (var reference in objects)
        {
            if (
                await client.Resources.FindAsync(reference.ApiVersion, reference.Kind, cancellationToken) is null
                || await client.FindAsync(reference, cancellationToken) is not { } live
                || live.Label(FluxKinds.OwnerName) != kustomization.Metadata().Text("name")
                || live.Label(FluxKinds.OwnerNamespace) != kustomization.Metadata().Text("namespace")
                || live.Annotation(FluxKinds.Prune) == "disabled"
            )
            {
                continue;
            }

            await client.DeleteAsync(reference, new DeleteOptions { Uid = live.Uid() }, cancellationToken);
        }
    }

    private static string IdOf(ObjectReference o) => $"{o.Namespace}_{o.Name}_{o.Group}_{o.Kind}";
}
