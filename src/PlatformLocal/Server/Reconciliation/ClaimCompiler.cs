using PlatformLocal.Deployment.Ansible;
using PlatformLocal.Deployment.Manifests;

namespace PlatformLocal.Server.Reconciliation;

/// <summary>A claim with exact versions and rendered manifests.</summary>
internal sealed record CompiledClaim(
    Claim Claim,
    ResolvedServices Resolved,
    DeliveryRequest Request,
    IReadOnlyList<string> Warnings,
    WorkspaceSnapshot Snapshot
)
{
    /// <summary>The workspace that it was made from.</summary>
    public Workspace Workspace => Snapshot.Workspace;

    /// <summary>The made-up secrets in it, as <c>web/KEY</c>.</summary>
    public IReadOnlyList<string> SecretPaths { get; init; } = [];

    /// <summary>What the made-up secrets in it are known by; empty when there are none.</summary>
    public string Secrets { get; init; } = "";

    /// <summary>What a delivery is known by: another one of the same comes to the same.</summary>
    /// <param name="locked">What it is locked to.</param>
    public string FingerprintWith(EnvironmentLock locked)
    {
        var text = new StringBuilder(locked.ToJson().ToJsonString()).Append(Secrets);
        foreach (var service in Request.Services)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"\n{service.Name} {service.Timeout} {string.Join(' ', service.DependsOn)}"
            );
            foreach (var item in service.Objects)
            {
                text.Append('\n').Append(item.ToJsonString());
            }
        }

        foreach (var item in Request.Objects)
        {
            text.Append('\n').Append(item.ToJsonString());
        }

        foreach (var (label, value) in Request.NamespaceLabels)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{label}={value}");
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

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

/// <summary>Makes exact versions and rendered manifests of claims.</summary>
internal sealed class ClaimCompiler(
    WorkspaceSnapshots workspaces,
    ServiceResolution resolution,
    ManifestRenderer renderer,
    ServicePlaybooks playbooks,
    EnvironmentDeliveries deliveries,
    EncryptedFileSecretStore secrets,
    ServedCluster cluster,
    ServeOptions options
)
{
    private readonly KeptBuilds _kept = new();
    private long _compilations;

    /// <summary>How often a claim was resolved and rendered.</summary>
    public long Compilations => Interlocked.Read(ref _compilations);

    /// <summary>The workspace as it is now.</summary>
    /// <exception cref="PlatformException">The workspace is not valid.</exception>
    public WorkspaceSnapshot ReadWorkspace() => workspaces.Read();

    /// <summary>Keeps a build for the passes over its claim and lock.</summary>
    /// <param name="revision">The revision under which its claim is stored.</param>
    /// <param name="locked">The lock that is stored; <see langword="null"/> when none is yet.</param>
    /// <param name="build">The build.</param>
    public void Keep(string revision, EnvironmentLock? locked, CompiledClaim build) =>
        _kept.Keep(new BuildInputs(build.Claim.EnvironmentName, revision, locked, build.Snapshot.Digest), build);

    /// <summary>What a build of stored inputs is known by, after a restart too; made-up secrets are known by themselves.</summary>
    public string DigestOf(StoredClaim stored, EnvironmentLock locked, WorkspaceSnapshot snapshot) =>
        $"{options.Version}:{deliveries.Default}:{new BuildInputs(stored.Name, stored.Revision, locked, snapshot.Digest).Digest}";

    /// <summary>What the values of made-up secrets are known by.</summary>
    public Task<string> SecretsAsync(
        string environment,
        IReadOnlyList<string> paths,
        CancellationToken cancellationToken
    ) => EnvironmentSecrets.DigestOfAsync(secrets, environment, paths, cancellationToken);

    /// <summary>The build of a stored claim: the one that is kept of the same inputs, or a new one.</summary>
    /// <exception cref="PlatformException">Versions cannot be resolved, or manifests are not valid.</exception>
    public async Task<CompiledClaim> BuildAsync(
        Claim claim,
        string revision,
        WorkspaceSnapshot snapshot,
        VersionPolicy policy,
        CancellationToken cancellationToken
    )
    {
        var inputs = new BuildInputs(claim.EnvironmentName, revision, policy.Lock, snapshot.Digest);
        return
            _kept.Find(inputs) is { } kept
            && kept.Secrets == await SecretsAsync(claim.EnvironmentName, kept.SecretPaths, cancellationToken)
            ? kept
            : await CompileAsync(claim, snapshot, policy, cancellationToken);
    }

    /// <exception cref="PlatformException">Versions cannot be resolved, or manifests are not valid.</exception>
    public async Task<CompiledClaim> CompileAsync(
        Claim claim,
        WorkspaceSnapshot snapshot,
        VersionPolicy policy,
        CancellationToken cancellationToken
    )
    {
        Interlocked.Increment(ref _compilations);
        var workspace = snapshot.Workspace;
        var (resolved, oddities) = await resolution.ResolveAsync(claim, workspace, policy, cancellationToken);
        var isolation = claim.IsolationIn(workspace.Types);
        if (
            isolation == Isolation.Cluster
            && deliveries.GivesOwnClusters
            && resolved.Services.FirstOrDefault(s => s.Definition.Playbook is not null) is { } withPlaybook
        )
        {
            throw new PlatformException(
                FailureKind.InvalidInput,
                $"{withPlaybook.Definition.Name} has a playbook, and playbooks do not run on clusters of their own yet.",
                "Deploy it with --isolation namespace."
            );
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
                $"{claim.EnvironmentName} is to have a cluster of its own; the {cluster.Kind} platform gives it a namespace."
            );
        }

        warnings.AddRange(
            resolved.Circles.Select(c =>
                $"Services depend on each other in a circle and start together: {string.Join(" → ", c)}."
            )
        );
        var paths = EnvironmentSecrets.PathsOf(resolved.Services.Select(s => s.Definition));
        return new CompiledClaim(claim, resolved, request, warnings, snapshot)
        {
            SecretPaths = paths,
            Secrets = await SecretsAsync(claim.EnvironmentName, paths, cancellationToken),
        };
    }
}
