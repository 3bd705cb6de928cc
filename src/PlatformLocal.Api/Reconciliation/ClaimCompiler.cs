using System.Text.Json.Nodes;
using PlatformLocal.Ansible;
using PlatformLocal.Baseline;
using PlatformLocal.Delivery;
using PlatformLocal.Environments;
using PlatformLocal.Manifests;
using PlatformLocal.Resolution;
using PlatformLocal.Workspaces;

namespace PlatformLocal.Api.Reconciliation;

/// <summary>A claim with exact versions and rendered manifests.</summary>
internal sealed record CompiledClaim(
    Claim Claim,
    ResolvedServices Resolved,
    DeliveryRequest Request,
    IReadOnlyList<string> Warnings
)
{
    /// <summary>What the claim resolved to: exact version, reason and digest of the manifests for every service.</summary>
    public JsonObject ToLock()
    {
        var services = new JsonObject();
        foreach (var (service, delivery) in Resolved.Services.Zip(Request.Services))
        {
            services[service.Definition.Name] = new JsonObject
            {
                ["version"] = service.Version.Text,
                ["reason"] = service.Reason,
                ["manifests"] = ManifestLabels.DigestOf(delivery.Objects),
            };
        }

        return new JsonObject { ["environment_name"] = Claim.EnvironmentName, ["services"] = services };
    }
}

/// <summary>Makes exact versions and rendered manifests of claims.</summary>
internal sealed class ClaimCompiler(
    WorkspaceSource source,
    ManifestRenderer renderer,
    ServicePlaybooks playbooks,
    EnvironmentDeliveries deliveries,
    string clusterKind
)
{
    /// <summary>The workspace as it is now: people edit it while the platform runs.</summary>
    /// <exception cref="PlatformException">The workspace is not valid.</exception>
    public Workspace ReadWorkspace() => WorkspaceReader.Read(source.Folder);

    /// <exception cref="PlatformException">Versions cannot be resolved, or manifests are not valid.</exception>
    public async Task<CompiledClaim> CompileAsync(Claim claim, Workspace workspace, CancellationToken cancellationToken)
    {
        var roots = claim.Services.ToDictionary(s => s.Key, s => s.Value.Version, StringComparer.Ordinal);
        var resolved = Resolver.Resolve(workspace.Catalogue, roots, claim.UseDevTags);
        var isolation = claim.IsolationIn(workspace.Types);
        if (
            isolation == Isolation.Cluster
            && deliveries.GivesOwnClusters
            && resolved.Services.FirstOrDefault(s => s.Definition.Playbook is not null) is { } withPlaybook
        )
        {
            throw new PlatformException(
                $"{withPlaybook.Definition.Name} has a playbook, and playbooks do not run on clusters of their own yet.",
                "Deploy it with --isolation namespace."
            )
            {
                Kind = FailureKind.InvalidInput,
            };
        }

        var rendered = await renderer.RenderAsync(claim, resolved, workspace, cancellationToken);
        var type = workspace.Types[claim.EnvironmentType];
        var request = rendered.Request with
        {
            Services =
            [
                .. resolved
                    .Services.Zip(rendered.Request.Services)
                    .Select(s => playbooks.Attach(s.Second, claim, s.First, workspace)),
            ],
            Objects = EnvironmentBaseline.Objects(type),
            NamespaceLabels = rendered
                .Request.NamespaceLabels.Concat(EnvironmentBaseline.NamespaceLabels)
                .ToDictionary(StringComparer.Ordinal),
        };
        var warnings = rendered.Warnings.ToList();
        if (isolation == Isolation.Cluster && !deliveries.GivesOwnClusters)
        {
            warnings.Insert(
                0,
                $"A {EnvironmentTypes.NameOf(claim.EnvironmentType)} environment has a cluster of its own; "
                    + $"the {clusterKind} platform gives it a namespace."
            );
        }

        return new CompiledClaim(claim, resolved, request, warnings);
    }
}
