using PlatformLocal.Deployment.Delivery.Direct;

namespace PlatformLocal.Deployment.Delivery.Flux;

/// <summary>Takes back what Flux was asked for in an environment; what it applied stays.</summary>
/// <param name="client">The cluster.</param>
/// <param name="options">How to behave.</param>
/// <param name="targetNamespace">The environment's namespace.</param>
internal sealed class FluxWithdrawal(KubernetesClient client, DirectDeliveryOptions options, string targetNamespace)
{
    // A controller that runs lets go at once, unless it is in the middle of a look at health.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(200);

    /// <summary>Takes everything back.</summary>
    /// <exception cref="KubernetesException">The cluster refuses.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await RemoveKustomizationsAsync(_ => true, cancellationToken);
        if (await IsServedAsync(FluxKinds.SourceVersion, FluxKinds.OciRepository, cancellationToken))
        {
            await RemoveAsync(FluxObjects.SourceIn(targetNamespace), cancellationToken);
        }
        foreach (ObjectReference reference in FluxObjects.AccountIn(targetNamespace))
        {
            if ((await client.FindAsync(reference, cancellationToken)).Label(DeliveryLabels.Environment) is not null)
            {
                await client.DeleteAsync(reference, null, cancellationToken);
            }
        }
    }

    /// <summary>Takes Kustomizations of services back.</summary>
    /// <param name="which">Which services'.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task RemoveKustomizationsAsync(Func<string, bool> which, CancellationToken cancellationToken)
    {
        if (!await IsServedAsync(FluxKinds.KustomizeVersion, FluxKinds.Kustomization, cancellationToken))
        {
            return;
        }
        ObjectList ours = await client.ListAsync(
            FluxKinds.KustomizeVersion,
            FluxKinds.Kustomization,
            targetNamespace,
            new ListOptions { LabelSelector = $"{DeliveryLabels.Environment},{DeliveryLabels.Service}" },
            cancellationToken
        );
        await Task.WhenAll(
            ours.Items.Where(item =>
                    item.Label(DeliveryLabels.Service) is { } service
                    && service == item.Metadata().Text("name")
                    && which(service)
                )
                .Select(item => RemoveAsync(ObjectReference.Of(item), cancellationToken))
        );
    }

    private async Task RemoveAsync(ObjectReference reference, CancellationToken cancellationToken)
    {
        if (
            await client.FindAsync(reference, cancellationToken) is not { } found
            || found.Label(DeliveryLabels.Environment) is null
        )
        {
            return;
        }
        if (reference.Kind == FluxKinds.Kustomization && !found.IsTerminating())
        {
            // What it applied is not its to delete any more: we are about to keep it, or to remove it in our order.
            await PatchAsync(new JsonObject { ["spec"] = new JsonObject { ["prune"] = false } });
        }
        await client.DeleteAsync(reference, new DeleteOptions { Uid = found.Uid() }, cancellationToken);
        long began = options.TimeProvider.GetTimestamp();
        while (
            await client.FindAsync(reference, cancellationToken) is { } now
            && now.Uid() == found.Uid()
            && now.Metadata().Texts("finalizers").Contains(FluxKinds.Finalizer, StringComparer.Ordinal)
        )
        {
            if (options.TimeProvider.GetElapsedTime(began) > s_patience)
            {
                // Its controller is gone, or busy with what nobody wants any more.
                IEnumerable<JsonNode> others = now.Metadata()
                    .Texts("finalizers")
                    .Where(finalizer => finalizer != FluxKinds.Finalizer)
                    .Select(finalizer => (JsonNode)finalizer);
                await PatchAsync(
                    new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = new JsonArray([.. others]) } }
                );
                return;
            }
            await Task.Delay(s_interval, options.TimeProvider, cancellationToken);
        }

        async Task PatchAsync(JsonObject patch)
        {
            try
            {
                await client.PatchAsync(reference, PatchKind.Merge, patch, options.Write, cancellationToken);
            }
            catch (KubernetesException fault) when (fault.IsNotFound)
            {
                // It is gone already.
            }
        }
    }

    private async Task<bool> IsServedAsync(string apiVersion, string kind, CancellationToken cancellationToken) =>
        await client.Resources.FindAsync(apiVersion, kind, cancellationToken) is not null;
}
