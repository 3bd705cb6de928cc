using PlatformLocal.Core.Versions;

namespace PlatformLocal.Core.Environments;

/// <summary>How changes of an environment reach the platform.</summary>
public enum DeploymentMethod
{
    /// <summary>Claims are objects in the object store.</summary>
    Minio,

    /// <summary>Claims are files in a git repository, turned into objects by CI.</summary>
    Git,
}

/// <summary>A service that a claim asks for.</summary>
/// <param name="Version">Which versions are acceptable.</param>
/// <param name="DockerImage">An image in place of the service's own, or <see langword="null"/>.</param>
/// <param name="AnsibleArtifact">An OCI artifact with the playbook in place of the service's own, or <see langword="null"/>.</param>
public sealed record ServiceRequest(
    VersionConstraint Version,
    string? DockerImage = null,
    string? AnsibleArtifact = null
);

/// <summary>The document that asks for an environment; complete: defaults are merged in.</summary>
public sealed record Claim
{
    /// <summary>The format of claims that this version of the platform reads.</summary>
    internal const string CurrentApiVersion = "platform.local/v1alpha1";

    /// <summary>Who asked for it.</summary>
    public required string User { get; init; }

    /// <summary>The node pool its services run in.</summary>
    public required string EnvironmentPool { get; init; }

    /// <summary>When it was asked for first.</summary>
    public required DateTimeOffset CreationDate { get; init; }

    /// <summary>Its name: a DNS label of at most 53 characters.</summary>
    public required string EnvironmentName { get; init; }

    /// <summary>What it is for.</summary>
    public required EnvironmentType EnvironmentType { get; init; }

    /// <summary>When it is removed; <see langword="null"/> for never.</summary>
    public DateTimeOffset? ExpirationDate { get; init; }

    /// <summary>The services that are asked for by name; dependencies come on top.</summary>
    public required IReadOnlyDictionary<string, ServiceRequest> Services { get; init; }

    /// <summary>How its changes reach the platform.</summary>
    public required DeploymentMethod DeploymentMethod { get; init; }

    /// <summary>The repository with the claim, for <see cref="DeploymentMethod.Git"/>.</summary>
    public string? GitRepository { get; init; }

    /// <summary>The branch with the claim, for <see cref="DeploymentMethod.Git"/>.</summary>
    public string? Branch { get; init; }

    /// <summary>Variables that manifests may use: name to text.</summary>
    public required IReadOnlyDictionary<string, string> Variables { get; init; }

    /// <summary>Whether development builds are acceptable, newest first.</summary>
    public bool UseDevTags { get; init; }

    /// <summary>Whether a newer version of a service that it names could be one that it asks for.</summary>
    public bool AcceptsNewer => UseDevTags || Services.Values.Any(s => s.Version.Exact is null);

    /// <summary>How far the environment is kept apart, where the claim says so; otherwise its type decides.</summary>
    public Isolation? Isolation { get; init; }

    /// <summary>How the environment is delivered, where the claim says so; otherwise the platform or its workspace does.</summary>
    public DeliveryKind? Delivery { get; init; }

    /// <summary>How far the environment is kept apart.</summary>
    /// <param name="types">What each environment type means.</param>
    public Isolation IsolationIn(IReadOnlyDictionary<EnvironmentType, EnvironmentTypeDefaults> types) =>
        Isolation ?? types[EnvironmentType].Isolation;

    /// <summary>The namespace of an environment on the platform cluster.</summary>
    public string Namespace => NamespaceOf(EnvironmentName);

    /// <summary>The namespace of an environment on the platform cluster.</summary>
    /// <param name="environmentName">The environment's name.</param>
    public static string NamespaceOf(string environmentName) => "env-" + environmentName;
}
