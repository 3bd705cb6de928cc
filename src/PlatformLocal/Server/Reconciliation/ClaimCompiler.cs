using PlatformLocal.Core;
using PlatformLocal.Core.Environments;
using PlatformLocal.Core.Resolution;
using PlatformLocal.Core.Versions;
using PlatformLocal.Deployment.Ansible;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Manifests;
using PlatformLocal.Deployment.Sources;
using PlatformLocal.Deployment.Workspaces;

namespace PlatformLocal.Server.Reconciliation;

/// <summary>A claim with exact versions and rendered manifests.</summary>
internal sealed record CompiledClaim(
    Claim Claim,
    ResolvedServices Resolved,
    DeliveryRequest Request,
    IReadOnlyList<string> Warnings,
    Workspace Workspace
)
{
    /// <summary>Whether a service is among those that it resolved to.</summary>
    public bool Has(string service) => Resolved.Services.Any(s => s.Definition.Name == service);

    /// <summary>What the claim resolved to, for every service.</summary>
    public EnvironmentLock ToLock()
    {
        var services = new Dictionary<string, LockedService>(StringComparer.Ordinal);
        foreach (var (service, delivery) in Resolved.Services.Zip(Request.Services))
        {
            services[service.Definition.Name] = new LockedService
            {
                Version = service.Version,
                Reason = service.Reason,
                Manifests = ManifestLabels.DigestOf(
                    delivery.Objects.Where(o => !ManifestRenderer.IsMadeUp(o, service.Definition))
                ),
                Image = ManifestVariables.ImageOf(Claim, service, Workspace),
                ImageDigest = service.ImageDigest,
                Source =
                    service.Definition.Origin
                    ?? Path.GetRelativePath(Workspace.Folder, service.Definition.Folder).Replace('\\', '/'),
                Playbook = service.Definition.PlaybookOrigin,
            };
        }

        return new EnvironmentLock(Claim.EnvironmentName, services);
    }
}

/// <summary>What becomes of the versions that an environment has.</summary>
/// <param name="Lock">What the environment resolved to before; <see langword="null"/> when it never did.</param>
internal sealed record LockUse(EnvironmentLock? Lock)
{
    /// <summary>Services that become as new as the claim lets them; <c>*</c> for all.</summary>
    public IReadOnlyList<string> Upgrade { get; init; } = [];

    /// <summary>Nothing may differ from the lock, and what registries say of its images is asked for now.</summary>
    public bool IsLocked { get; init; }

    /// <summary>Use only versions that were fetched before from registries and git repositories.</summary>
    public bool Offline { get; init; }

    /// <summary>Keep every version, also where <c>latest</c> or dev tags ask for the newest at each deployment.</summary>
    public bool Keep { get; init; }

    /// <summary>Keep the images of all versions that stay, also of services that may be upgraded.</summary>
    public bool KeepImages { get; init; }

    /// <summary>Versions by service that are not chosen unless the lock has them.</summary>
    public ILookup<string, string> Avoid { get; init; } = Array.Empty<string>().ToLookup(s => s);

    /// <summary>What the resolver is to prefer for a claim.</summary>
    public ResolutionOptions OptionsFor(Claim claim)
    {
        // 'latest' says that the newest is wanted each time, and development builds are there to be tried.
        var keeps = Lock is not null && (Keep || !claim.UseDevTags) && !Upgrade.Contains("*");
        var latest = claim.Services.Where(s => !Keep && s.Value.Version.Text == "latest").Select(s => s.Key);
        return new ResolutionOptions
        {
            UseDevTags = claim.UseDevTags,
            Locked = keeps ? Lock!.Versions : new Dictionary<string, PlatformVersion>(),
            Upgrade = keeps ? [.. Upgrade.Concat(latest).Distinct()] : [],
        };
    }

    /// <summary>What is to be resolved for a claim.</summary>
    public ResolutionRequest RequestFor(Claim claim, Workspace workspace)
    {
        var options = OptionsFor(claim);
        return new ResolutionRequest(claim, workspace, options)
        {
            Kept =
                Lock is not null && KeepImages
                    ? Lock.Services
                    : options
                        .Locked.Keys.Except(options.Upgrade, StringComparer.Ordinal)
                        .ToDictionary(s => s, s => Lock!.Services[s], StringComparer.Ordinal),
            IsAllowed = Avoid.Count == 0 ? null : IsAllowed,
            IsVerified = IsLocked,
            Offline = Offline,
        };
    }

    private bool IsAllowed(string service, PlatformVersion version) =>
        !Avoid[service].Contains(version.Text)
        || Lock?.Services.GetValueOrDefault(service)?.Version.Text == version.Text;
}

/// <summary>Makes exact versions and rendered manifests of claims.</summary>
internal sealed class ClaimCompiler(
    WorkspaceSource source,
    ServiceResolution resolution,
    ManifestRenderer renderer,
    ServicePlaybooks playbooks,
    EnvironmentDeliveries deliveries,
    string clusterKind
)
{
    private readonly CatalogueCache _catalogue = new();

    /// <summary>The workspace as it is now: people edit it while the platform runs.</summary>
    /// <exception cref="PlatformException">The workspace is not valid.</exception>
    public Workspace ReadWorkspace() => WorkspaceReader.Read(source.Folder, _catalogue);

    /// <exception cref="PlatformException">Versions cannot be resolved, or manifests are not valid.</exception>
    public async Task<CompiledClaim> CompileAsync(
        Claim claim,
        Workspace workspace,
        LockUse use,
        CancellationToken cancellationToken
    )
    {
        var (resolved, oddities) = await resolution.ResolveAsync(use.RequestFor(claim, workspace), cancellationToken);
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
        var warnings = oddities.Concat(rendered.Warnings).ToList();
        if (isolation == Isolation.Cluster && !deliveries.GivesOwnClusters)
        {
            warnings.Insert(
                0,
                $"A {EnvironmentTypes.NameOf(claim.EnvironmentType)} environment has a cluster of its own; "
                    + $"the {clusterKind} platform gives it a namespace."
            );
        }

        warnings.AddRange(
            resolved.Circles.Select(c =>
                $"Services depend on each other in a circle and start together: {string.Join(" → ", c)}."
            )
        );
        return new CompiledClaim(claim, resolved, request, warnings, workspace);
    }
}
