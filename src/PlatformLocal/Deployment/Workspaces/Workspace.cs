namespace PlatformLocal.Deployment.Workspaces;

/// <summary>A folder with <c>platform.yaml</c>, as it was read.</summary>
public sealed record Workspace
{
    internal const string NamespaceKind = "Namespace";

    /// <summary>The name of the file that makes a folder a workspace.</summary>
    public const string FileName = "platform.yaml";

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its folder, an absolute path.</summary>
    public required string Folder { get; init; }

    /// <summary>The DNS domain that environments get their host names under.</summary>
    public required string Domain { get; init; }

    /// <summary>The port on this machine of the registry that workspaces have unless they name another one.</summary>
    public const int LocalRegistryPort = 5001;

    /// <summary>The registry of images that name no host, such as <c>localhost:5001</c>.</summary>
    public required string Registry { get; init; }

    /// <summary>How environments are delivered that do not say it themselves; <see langword="null"/> when it does not say.</summary>
    public DeliveryKind? Delivery { get; init; }

    /// <summary>What each environment type means here.</summary>
    public required IReadOnlyDictionary<EnvironmentType, EnvironmentTypeDefaults> Types { get; init; }

    /// <summary>What it lets claims do.</summary>
    /// <value>Nothing out of the ordinary unless set.</value>
    internal ClaimRules Claims { get; init; } = new();

    /// <summary>How long a claim may be away unless a workspace says otherwise.</summary>
    public static readonly TimeSpan DefaultGracePeriod = TimeSpan.FromSeconds(30);

    /// <summary>How long the claim of an environment may be away until that is removed.</summary>
    /// <value><see cref="DefaultGracePeriod"/> unless set.</value>
    public TimeSpan GracePeriod => Claims.GracePeriod;

    /// <summary>What it says about the platform's own services.</summary>
    /// <value>Nothing unless set.</value>
    public PlatformServiceSettings PlatformServices { get; init; } = new();

    /// <summary>Where more services come from.</summary>
    /// <value>Nowhere unless set.</value>
    internal IReadOnlyList<ServiceSource> ServiceSources { get; init; } = [];

    /// <summary>
    /// Which services may bring which kinds that are not in namespaces: by service, the kinds as <c>ClusterRole</c> or
    /// <c>ClusterRole.rbac.authorization.k8s.io</c>.
    /// </summary>
    /// <value>None unless set.</value>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> ClusterKinds { get; init; } =
        new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>The services of its own folder.</summary>
    public required Catalogue Catalogue { get; init; }

    /// <summary>The workspace a path is in: the nearest folder upwards with <c>platform.yaml</c>.</summary>
    /// <param name="path">A file or a folder.</param>
    /// <returns>The workspace's folder, or <see langword="null"/>.</returns>
    public static string? Find(string path)
    {
        for (
            var folder = Directory.Exists(path)
                ? Path.GetFullPath(path)
                : Path.GetDirectoryName(Path.GetFullPath(path));
            folder is not null;
            folder = Path.GetDirectoryName(folder)
        )
        {
            if (File.Exists(Path.Combine(folder, FileName)))
            {
                return folder;
            }
        }

        return null;
    }
}
