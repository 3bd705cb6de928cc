namespace PlatformLocal.Platform.PlatformServices.Installation;

/// <summary>
/// Removes what the uninstalled charts of a service leave in a cluster: the objects of their hooks, the kinds they brought,
/// the namespace that was made for them. What somebody else uses stays, and is told.
/// </summary>
internal sealed class ServiceLeftovers(KubernetesClient client, ManifestInstaller manifests, Action<string> report)
{
    private const string KindsVersion = "apiextensions.k8s.io/v1";
    private const string KindsKind = "CustomResourceDefinition";
    private const string WebhooksVersion = "admissionregistration.k8s.io/v1";
    private const string RolesVersion = "rbac.authorization.k8s.io/v1";

    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(2);

    /// <summary>What charts make by hooks, which Helm never uninstalls.</summary>
    private static readonly (string ApiVersion, string Kind)[] s_hooked =
    [
        (WebhooksVersion, "MutatingWebhookConfiguration"),
        (WebhooksVersion, "ValidatingWebhookConfiguration"),
        (RolesVersion, "ClusterRoleBinding"),
        (RolesVersion, "ClusterRole"),
    ];

    /// <summary>Removes them.</summary>
    /// <param name="service">The service, whose charts are gone.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="PlatformException">The cluster refuses, or something does not go in time.</exception>
    public async Task RemoveAsync(PlatformService service, CancellationToken cancellationToken)
    {
        foreach (var chart in service.Charts)
        {
            await RemoveHookedAsync(chart, cancellationToken);
        }

        await RemoveKindsAsync(service, cancellationToken);
        foreach (var chart in service.Charts.Where(c => c.Namespace != PlatformService.Namespace))
        {
            await manifests.RemoveAsync(
                [new ObjectReference("v1", "Namespace", null, chart.Namespace)],
                s_timeout,
                cancellationToken
            );
        }
    }

    private async Task RemoveHookedAsync(HelmChart chart, CancellationToken cancellationToken)
    {
        var selector = $"app.kubernetes.io/instance={chart.Release},app.kubernetes.io/managed-by=Helm";
        foreach (var (apiVersion, kind) in s_hooked)
        {
            foreach (var item in await ListAsync(apiVersion, kind, selector, cancellationToken))
            {
                if (item.Annotation("helm.sh/hook") is not null)
                {
                    await DeleteAsync(apiVersion, kind, item, cancellationToken);
                }
            }
        }
    }

    private async Task RemoveKindsAsync(PlatformService service, CancellationToken cancellationToken)
    {
        foreach (var definition in await ListAsync(KindsVersion, KindsKind, null, cancellationToken))
        {
            if (!IsOf(service, definition))
            {
                continue;
            }

            var name = definition.Metadata().Text("name")!;
            var kind = await client.GetAsync(
                new ObjectReference(KindsVersion, KindsKind, null, name),
                cancellationToken
            );
            if (await UserOfAsync(kind, cancellationToken) is { } user)
            {
                report($"leaves the kind {name}: {user} is of it, which the platform did not make");
                continue;
            }

            await DeleteAsync(KindsVersion, KindsKind, definition, cancellationToken);
        }
    }

    // Ours by label, of the chart's folder crds/ by Flux's labels, of its templates by Helm's annotation.
    private static bool IsOf(PlatformService service, JsonObject item) =>
        (ServiceLabels.IsOurs(item) && item.Label(ServiceLabels.Service) == service.Name)
        || service.Charts.Any(c =>
            (
                item.Label("helm.toolkit.fluxcd.io/name") == c.Release
                && item.Label("helm.toolkit.fluxcd.io/namespace") == PlatformService.Namespace
            )
            || (
                item.Annotation("meta.helm.sh/release-name") == c.Release
                && item.Annotation("meta.helm.sh/release-namespace") == c.Namespace
            )
        );

    /// <summary>An object of a kind that would go with it.</summary>
    private async Task<string?> UserOfAsync(JsonObject definition, CancellationToken cancellationToken)
    {
        var spec = definition.Child("spec");
        var version = (spec?["versions"] as JsonArray)
            ?.OfType<JsonObject>()
            .FirstOrDefault(v => v["served"]?.GetValue<bool>() == true);
        if (version is null || spec.Child("names").Text("kind") is not { } kind)
        {
            return null;
        }

        var apiVersion = $"{spec.Text("group")}/{version.Text("name")}";
        if (await client.Resources.FindAsync(apiVersion, kind, cancellationToken) is null)
        {
            return null; // not served: it has no objects that one could see
        }

        var items = await ListAsync(apiVersion, kind, null, cancellationToken);
        return items.FirstOrDefault(i => !ServiceLabels.IsOurs(i)) is { } user
            ? $"{kind} {string.Join('/', new[] { user.Metadata().Text("namespace"), user.Metadata().Text("name") }.OfType<string>())}"
            : null;
    }

    private async Task<IReadOnlyList<JsonObject>> ListAsync(
        string apiVersion,
        string kind,
        string? selector,
        CancellationToken cancellationToken
    ) =>
        (
            await client.ListAsync(
                apiVersion,
                kind,
                null,
                new ListOptions { LabelSelector = selector, MetadataOnly = true },
                cancellationToken
            )
        ).Items;

    private Task DeleteAsync(string apiVersion, string kind, JsonObject item, CancellationToken cancellationToken) =>
        client.DeleteAsync(
            new ObjectReference(apiVersion, kind, null, item.Metadata().Text("name")!),
            new DeleteOptions { Uid = item.Uid() },
            cancellationToken
        );
}
