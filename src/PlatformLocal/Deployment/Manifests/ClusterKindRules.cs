using PlatformLocal.Deployment.Workspaces;

namespace PlatformLocal.Deployment.Manifests;

/// <summary>Which kinds that are not in namespaces a service may bring.</summary>
/// <param name="service">The service.</param>
/// <param name="workspace">The workspace, which allows them.</param>
internal sealed class ClusterKindRules(string service, Workspace workspace)
{
    /// <summary>The kind that defines kinds, which every service may bring.</summary>
    public const string DefinitionKind = "CustomResourceDefinition";

    private readonly IReadOnlyList<string> _allowed = workspace.ClusterKinds.GetValueOrDefault(service) ?? [];
    private readonly List<string> _used = [];

    /// <summary>The objects that it brings because the workspace allows their kinds.</summary>
    public IReadOnlyList<string> Used => _used;

    /// <summary>Why an object that is in no namespace may not be brought; <see langword="null"/> when it may.</summary>
    public string? RefusalOf(Manifest manifest)
    {
        if (manifest.Kind == DefinitionKind)
        {
            return null;
        }

        if (manifest is { Kind: Workspace.NamespaceKind, ApiVersion: "v1" })
        {
            return "belongs to the whole cluster, and an environment has one namespace, which the platform makes: leave it out";
        }

        if (
            !_allowed.Contains(manifest.Kind)
            && !_allowed.Contains($"{manifest.Kind}.{ApiGroup.Of(manifest.ApiVersion)}")
        )
        {
            return $"belongs to the whole cluster; the workspace can allow it in {Workspace.FileName}, "
                + $"spec.clusterKinds: {{{service}: [{manifest.Kind}]}}";
        }

        _used.Add($"{manifest.Kind} {manifest.Name}");
        return null;
    }
}
