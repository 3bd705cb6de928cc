using PlatformLocal.Kubernetes.Readiness;
using PlatformLocal.Platform.PlatformServices.Secrets;

namespace PlatformLocal.Platform.PlatformServices;

/// <summary>Something the platform itself needs in its cluster: what it is made of, and how one knows that it serves.</summary>
public sealed record PlatformService
{
    /// <summary>The namespace of everything that does not need one of its own.</summary>
    public const string Namespace = "platform-system";

    /// <summary>What people call it, in <c>--services</c> too.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for, in a few words.</summary>
    public required string Summary { get; init; }

    /// <summary>The folder of its values and manifests, as a namespace: <c>Minio</c>.</summary>
    public required string Folder { get; init; }

    /// <summary>The names of the services that must be ready before.</summary>
    /// <value>None unless set.</value>
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary>Its charts in the order of their installation; the last one is the service itself.</summary>
    /// <value>None unless set: then it has plain manifests only.</value>
    public IReadOnlyList<HelmChart> Charts { get; init; } = [];

    /// <summary>The version of the service where no chart decides it.</summary>
    public string? Version { get; init; }

    /// <summary>Where manifests are that are applied before its charts; <see langword="null"/> for none.</summary>
    public Uri? ManifestsAt { get; init; }

    /// <summary>Whether it has plain manifests of its own, applied after its charts.</summary>
    public bool HasManifests { get; init; }

    /// <summary>The Secrets it needs, filled when they are missing.</summary>
    /// <value>None unless set.</value>
    public IReadOnlyList<GeneratedSecret> Secrets { get; init; } = [];

    /// <summary>The images that the cluster pulls for it, as far as they are pinned.</summary>
    public required IReadOnlyList<string> Images { get; init; }

    /// <summary>About how much memory it takes, in MiB.</summary>
    public required int Memory { get; init; }

    /// <summary>How one knows that it serves, beyond its charts and manifests being ready.</summary>
    /// <value>Nothing more unless set.</value>
    public IReadOnlyList<ServiceProbe> Probes { get; init; } = [];

    /// <summary>How the Platform API keeps claims in it, when it is an object store that can be used so.</summary>
    public ObjectStoreAccess? ObjectStore { get; init; }

    /// <summary>Values that nobody but the user can know, as paths: <c>server.policyRepoUrl</c>.</summary>
    /// <value>None unless set.</value>
    public IReadOnlyList<string> RequiredValues { get; init; } = [];

    /// <summary>How long each of its charts and manifests may take to become ready, images included.</summary>
    /// <value>10 minutes unless set.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Whether Flux is needed to install it.</summary>
    public bool NeedsFlux => Charts.Count > 0;

    /// <summary>The values that come with the service, before anybody changes them.</summary>
    public JsonObject DefaultValues() =>
        Charts is [.., var main] ? main.DefaultValues(Folder) : ServiceFiles.ReadObject(Folder, "values.yaml");
}

/// <summary>One Helm chart, pinned.</summary>
public sealed record HelmChart
{
    /// <summary>The name of the release, and of the objects that ask Flux for it.</summary>
    public required string Release { get; init; }

    /// <summary>The chart's name in its repository; of no meaning for OCI.</summary>
    public required string Chart { get; init; }

    /// <summary>The repository: <c>https://…</c>, or <c>oci://…</c> with the chart's name.</summary>
    public required Uri Repository { get; init; }

    /// <summary>The exact version.</summary>
    public required string Version { get; init; }

    /// <summary>The namespace it is installed into.</summary>
    /// <value><see cref="PlatformService.Namespace"/> unless set.</value>
    public string Namespace { get; init; } = PlatformService.Namespace;

    /// <summary>The releases that must be ready before.</summary>
    /// <value>None unless set.</value>
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary>Whether kinds that the cluster has already stay as they are.</summary>
    /// <value>Off unless set: the chart's definitions replace them.</value>
    public bool KeepsKinds { get; init; }

    /// <summary>The file of its values in the service's folder.</summary>
    /// <value><c>values.yaml</c> unless set.</value>
    public string ValuesFile { get; init; } = "values.yaml";

    /// <summary>Whether the repository is an OCI registry.</summary>
    public bool IsOci => Repository.Scheme == "oci";

    /// <summary>The values that come with the service.</summary>
    /// <param name="folder">The service's folder.</param>
    public JsonObject DefaultValues(string folder) => ServiceFiles.ReadObject(folder, ValuesFile);
}

/// <summary>One way to know that a service serves.</summary>
public abstract record ServiceProbe
{
    private protected ServiceProbe() { }
}

/// <summary>Ready as soon as an HTTP endpoint answers well, asked through the API server.</summary>
/// <param name="Service">The name of the Service.</param>
/// <param name="Port">Its port's name or number.</param>
/// <param name="Path">What is asked for, beginning with a slash.</param>
public sealed record HttpProbe(string Service, string Port, string Path) : ServiceProbe;

/// <summary>Ready as soon as an object's own status says so.</summary>
/// <param name="ApiVersion">Group and version of the object.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Name">Its name in <see cref="PlatformService.Namespace"/>.</param>
/// <param name="Rule">Reads the status.</param>
public sealed record StatusProbe(string ApiVersion, string Kind, string Name, Func<JsonObject, ObjectReadiness> Rule)
    : ServiceProbe;

/// <summary>How an object store is reached in the cluster.</summary>
/// <param name="Endpoint">Its S3 address.</param>
/// <param name="Secret">The Secret in <see cref="PlatformService.Namespace"/> with the credentials of a user that may handle claims.</param>
/// <param name="AccessKey">The Secret's key with the access key.</param>
/// <param name="SecretKey">The Secret's key with the secret key.</param>
public sealed record ObjectStoreAccess(Uri Endpoint, string Secret, string AccessKey, string SecretKey);
