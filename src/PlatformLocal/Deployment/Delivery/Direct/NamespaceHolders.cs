using PlatformLocal.Kubernetes.Readiness;

namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>Finds what keeps a namespace from going: objects with finalizers, and what its controller says.</summary>
internal sealed class NamespaceHolders(KubernetesClient client, string name)
{
    private const int HoldersShown = 5;

    /// <returns>What holds it: objects with their finalizers, the controller's conditions, finalizers of its own.</returns>
    public async Task<IReadOnlyList<string>> FindAsync(CancellationToken cancellationToken)
    {
        JsonObject? found = await client.FindAsync(
            new ObjectReference("v1", "Namespace", null, name),
            cancellationToken
        );
        var held = new List<string>();
        JsonObject[] holders = [.. await ListHoldersAsync(cancellationToken)];
        held.AddRange(holders.Take(HoldersShown).Select(Describe));
        if (holders.Length > HoldersShown)
        {
            held.Add(
                $"{Counted.Of(holders.Length - HoldersShown, "more object waits", "more objects wait")} for finalizers"
            );
        }
        held.AddRange(
            found
                .Child("status")
                .Items("conditions")
                .Where(condition => condition.Text("status") == "True")
                .Select(ReadinessRules.Describe)
        );
        string[] own =
        [
            .. found.Metadata().Texts("finalizers"),
            // The namespace controller's own is news only where the controller says nothing itself.
            .. found.Child("spec").Texts("finalizers").Where(one => held.Count == 0 || one != "kubernetes"),
        ];
        if (own.Length > 0)
        {
            held.Add($"it has the {Counted.Named(own, "finalizer")}");
        }
        return held;
    }

    private async Task<IEnumerable<JsonObject>> ListHoldersAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<ResourceMapping> kinds = await client.Resources.ListAsync(cancellationToken);
        IEnumerable<JsonObject>[] lists = await Task.WhenAll(
            kinds
                .Where(kind => kind.IsNamespaced)
                .GroupBy(kind => (ApiGroup.Of(kind.ApiVersion), kind.Kind))
                .Select(versions => ListAsync(versions.First(), cancellationToken))
        );
        return lists.SelectMany(list => list).DistinctBy(item => item.Uid());
    }

    private async Task<IEnumerable<JsonObject>> ListAsync(ResourceMapping kind, CancellationToken cancellationToken)
    {
        try
        {
            ObjectList list = await client.ListAsync(
                kind.ApiVersion,
                kind.Kind,
                name,
                new ListOptions { MetadataOnly = true },
                cancellationToken
            );
            return list
                .Items.Where(item => item.IsTerminating() && item.Metadata().Texts("finalizers").Any())
                .Select(item =>
                {
                    // Where only metadata is told, it is told as another kind.
                    item["kind"] = kind.Kind;
                    return item;
                });
        }
        catch (KubernetesException)
        {
            return []; // A kind that cannot be listed, or not by us: the conditions tell of it.
        }
    }

    private static string Describe(JsonObject item) =>
        $"{item.Text("kind")} {item.Metadata().Text("name")} {item.Awaited()}";
}
