using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes.Readiness;
using PlatformLocal.Platform.PlatformServices.Secrets;

namespace PlatformLocal.Platform.PlatformServices;

/// <summary>Something the platform itself needs in its cluster: what it is made of, and how one knows that it serves.</summary>
/// <param name="Name">What people call it, in <c>--services</c> too.</param>
/// <param name="Summary">What it is for, in a few words.</param>
/// <param name="Folder">The folder of its values and manifests, as a namespace: <c>Minio</c>.</param>
internal sealed record PlatformService(string Name, string Summary, string Folder)
{
    /// <summary>The namespace of everything that does not need one of its own.</summary>
    public const string Namespace = "platform-system";

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
    /// <value>None unless set.</value>
    public IReadOnlyList<string> Images { get; init; } = [];

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
/// <param name="Chart">The chart's name in its repository; of no meaning for OCI.</param>
/// <param name="Repository">The repository: <c>https://…</c>, or <c>oci://…</c> with the chart's name.</param>
/// <param name="Version">The exact version.</param>
internal sealed record HelmChart(string Chart, string Repository, string Version)
{
    /// <summary>The name of the release, and of the objects that ask Flux for it.</summary>
    /// <value>The chart's name unless set.</value>
    public string Release { get; init; } = Chart;

    /// <summary>The namespace it is installed into.</summary>
    /// <value><see cref="PlatformService.Namespace"/> unless set.</value>
    public string Namespace { get; init; } = PlatformService.Namespace;

    /// <summary>The releases that must be ready before.</summary>
    /// <value>None unless set.</value>
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary>Whether kinds that the cluster has already stay as they are.</summary>
    /// <value>Off unless set: the chart's definitions replace them.</value>
    public bool KeepsKinds { get; init; }

    /// <summary>The registry that has it instead of its own repository; <see langword="null"/> for that one.</summary>
    public ChartRegistry? Mirror { get; init; }

    /// <summary>The file of its values in the service's folder.</summary>
    /// <value><c>values.yaml</c> unless set.</value>
    public string ValuesFile { get; init; } = "values.yaml";

    /// <summary>Where it is taken from: a repository, or the chart itself in a registry.</summary>
    public string Url => Mirror is null ? Repository : $"{Mirror.Url}/{Name}";

    /// <summary>Whether it is taken from an OCI registry.</summary>
    public bool IsOci => Url.StartsWith("oci://", StringComparison.Ordinal);

    // In an OCI address it is the last part; then people may call the chart as they like.
    private string Name =>
        Repository.StartsWith("oci://", StringComparison.Ordinal) ? Repository.Split('/')[^1] : Chart;

    /// <summary>The values that come with the service.</summary>
    /// <param name="folder">The service's folder.</param>
    public JsonObject DefaultValues(string folder) => ServiceFiles.ReadObject(folder, ValuesFile);
}

/// <summary>One way to know that a service serves.</summary>
internal abstract record ServiceProbe;

/// <summary>Ready as soon as an HTTP endpoint answers well, asked through the API server.</summary>
/// <param name="Service">The name of the Service.</param>
/// <param name="Port">Its port's name or number.</param>
/// <param name="Path">What is asked for, beginning with a slash.</param>
internal sealed record HttpProbe(string Service, string Port, string Path) : ServiceProbe;

/// <summary>Ready as soon as an object's own status says so.</summary>
/// <param name="ApiVersion">Group and version of the object.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Name">Its name.</param>
/// <param name="Rule">Reads the status.</param>
internal sealed record StatusProbe(string ApiVersion, string Kind, string Name, Func<JsonObject, ObjectReadiness> Rule)
    : ServiceProbe
{
    /// <summary>Its namespace; <see langword="null"/> for a kind that has none.</summary>
    /// <value><see cref="PlatformService.Namespace"/> unless set.</value>
    public string? Namespace { get; init; } = PlatformService.Namespace;

    /// <summary>The labels of its pods, as a selector: what keeps one from running is told while it is waited for.</summary>
    public string? PodSelector { get; init; }

    /// <summary>The reference to it.</summary>
    public ObjectReference Reference => new(ApiVersion, Kind, Namespace, Name);
}

/// <summary>How an object store is reached in the cluster.</summary>
/// <param name="Endpoint">Its S3 address.</param>
/// <param name="Secret">The Secret in <see cref="PlatformService.Namespace"/> with the credentials of a user that may handle claims.</param>
/// <param name="AccessKey">The Secret's key with the access key.</param>
/// <param name="SecretKey">The Secret's key with the secret key.</param>
internal sealed record ObjectStoreAccess(Uri Endpoint, string Secret, string AccessKey, string SecretKey);
