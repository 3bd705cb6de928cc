using PlatformLocal.Kubernetes.Readiness;

namespace PlatformLocal.Platform.PlatformServices.Installation;

/// <summary>Brings plain objects into the cluster, waits for them and removes them.</summary>
internal sealed class ManifestInstaller(
    KubernetesClient client,
    ServiceInstallationOptions options,
    Action<string> report
)
{
    private readonly ReadinessWait _wait = new(options, report);

    private const string CustomKind = "CustomResourceDefinition";

    /// <summary>Applies objects: namespaces and kinds first, as the others need them.</summary>
    public async Task ApplyAsync(string service, IReadOnlyList<JsonObject> objects, CancellationToken cancellationToken)
    {
        var labelled = objects.Select(o => ServiceLabels.Put(service, (JsonObject)o.DeepClone())).ToList();
        var kinds = new List<JsonObject>();
        foreach (var item in labelled.Where(IsBase))
        {
            if (item.Text("kind") == CustomKind)
            {
                if (await IsForeignAsync(item, cancellationToken))
                {
                    report($"leaves {ObjectReference.Of(item)} as it is: the platform did not make it");
                    continue;
                }

                kinds.Add(item);
            }

            await ApplyOneAsync(item, cancellationToken);
        }

        await WaitAsync(kinds, TimeSpan.FromMinutes(1), cancellationToken);
        foreach (var item in labelled.Where(o => !IsBase(o)))
        {
            await ApplyOneAsync(item, cancellationToken);
        }
    }

    /// <summary>Waits until objects are ready.</summary>
    public async Task WaitAsync(IEnumerable<JsonObject> objects, TimeSpan timeout, CancellationToken cancellationToken)
    {
        foreach (var reference in objects.Select(ObjectReference.Of).ToList())
        {
            var patience = new PodPatience(client, options);
            await _wait.UntilReadyAsync(
                reference.ToString(),
                timeout,
                $"Look at it with: {reference.Kubectl("describe")}",
                async token =>
                    await client.FindAsync(reference, token) is { } item
                        ? await patience.JudgeAsync(item, token)
                        : ObjectReadiness.InProgress("does not exist"),
                cancellationToken
            );
        }
    }

    /// <summary>Removes objects that the platform made, the last one first, and waits until they are gone.</summary>
    public async Task RemoveAsync(
        IReadOnlyList<ObjectReference> objects,
        TimeSpan timeout,
        CancellationToken cancellationToken
    )
    {
        foreach (var reference in objects.Reverse())
        {
            if (
                await client.Resources.FindAsync(reference.ApiVersion, reference.Kind, cancellationToken) is null
                || await client.FindAsync(reference, cancellationToken) is not { } found
                || !ServiceLabels.IsOurs(found)
            )
            {
                continue;
            }

            await client.DeleteAsync(reference, new DeleteOptions { Uid = found.Uid() }, cancellationToken);
            await _wait.UntilGoneAsync(client, reference, found.Uid(), timeout, cancellationToken);
        }
    }

    private static bool IsBase(JsonObject item) => item.Text("kind") is CustomKind or "Namespace";

    private async Task<bool> IsForeignAsync(JsonObject item, CancellationToken cancellationToken) =>
        await client.FindAsync(ObjectReference.Of(item), cancellationToken) is { } found
        && !ServiceLabels.IsOurs(found);

    private async Task ApplyOneAsync(JsonObject item, CancellationToken cancellationToken) =>
        await client.ApplyAsync(item, new WriteOptions { Force = true }, cancellationToken);
}
