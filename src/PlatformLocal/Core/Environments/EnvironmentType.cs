namespace PlatformLocal.Core.Environments;

/// <summary>What an environment is for; decides its defaults.</summary>
public enum EnvironmentType
{
    /// <summary>Everyday development.</summary>
    Dev,

    /// <summary>As production, for acceptance; <c>staging</c> is read as this.</summary>
    Stage,

    /// <summary>Production.</summary>
    Prod,

    /// <summary>A single-user environment that expires.</summary>
    Sue,
}

/// <summary>How far an environment is kept apart from others.</summary>
public enum Isolation
{
    /// <summary>A namespace on the platform cluster.</summary>
    Namespace,

    /// <summary>A cluster of its own.</summary>
    Cluster,
}

/// <summary>What an environment type means.</summary>
public sealed record EnvironmentTypeDefaults
{
    /// <summary>A quota that is lifted: the value to write in <c>platform.yaml</c>.</summary>
    public const string Unlimited = "unlimited";

    /// <summary>The type.</summary>
    public required EnvironmentType Type { get; init; }

    /// <summary>The node pools it may use; the first is the default.</summary>
    public required IReadOnlyList<string> NodePools { get; init; }

    /// <summary>Fewest replicas of a service that can have several.</summary>
    public required int ReplicasMinimum { get; init; }

    /// <summary>Most replicas of a service that scales.</summary>
    public required int ReplicasMaximum { get; init; }

    /// <summary>How far it is kept apart by default.</summary>
    public required Isolation Isolation { get; init; }

    /// <summary>How long it lives after its creation; <see langword="null"/> for ever.</summary>
    public TimeSpan? Lifetime { get; init; }

    /// <summary>How often newer versions that a claim accepts are looked for; <see langword="null"/> for never.</summary>
    /// <value>10 minutes unless set.</value>
    public TimeSpan? UpdatesEvery { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Whether versions must be exact.</summary>
    internal bool ExactVersionsOnly { get; init; }

    /// <summary>Whether dev tags are used without being asked for.</summary>
    internal bool AlwaysDevTags { get; init; }

    /// <summary>Whether claims change through git unless they say otherwise.</summary>
    public DeploymentMethod DeploymentMethod { get; init; } = DeploymentMethod.Minio;

    /// <summary>Services deployed unless only specified ones are asked for: name to version constraint.</summary>
    public IReadOnlyDictionary<string, string> Services { get; init; } =
        new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Quotas that replace the built-in ones: resource, such as <c>requests.cpu</c>, to quantity or <c>unlimited</c>.</summary>
    public IReadOnlyDictionary<string, string> Quotas { get; init; } =
        new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Variables that manifests may use: name to text.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } =
        new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>The four environment types and their built-in defaults.</summary>
public static class EnvironmentTypes
{
    private static readonly string[] Small = ["general-restricted", "general-public", "spot"];

    /// <summary>The names claims use, in the order they are shown.</summary>
    public static IReadOnlyList<string> Names { get; } = ["dev", "stage", "prod", "sue"];

    /// <summary>The built-in defaults of every type, before a workspace changes them.</summary>
    public static IReadOnlyDictionary<EnvironmentType, EnvironmentTypeDefaults> BuiltIn { get; } =
        new Dictionary<EnvironmentType, EnvironmentTypeDefaults>
        {
            [EnvironmentType.Dev] = new()
            {
                Type = EnvironmentType.Dev,
                NodePools = Small,
                ReplicasMinimum = 1,
                ReplicasMaximum = 3,
                Isolation = Isolation.Namespace,
            },
            [EnvironmentType.Stage] = new()
            {
                Type = EnvironmentType.Stage,
                NodePools = ["general-restricted", "general-public", "memory"],
                ReplicasMinimum = 2,
                ReplicasMaximum = 4,
                Isolation = Isolation.Cluster,
            },
            [EnvironmentType.Prod] = new()
            {
                Type = EnvironmentType.Prod,
                NodePools = ["general-restricted", "general-public", "memory", "spot", "storage", "ai"],
                ReplicasMinimum = 3,
                ReplicasMaximum = 10,
                Isolation = Isolation.Cluster,
                ExactVersionsOnly = true,
                DeploymentMethod = DeploymentMethod.Git,
            },
            [EnvironmentType.Sue] = new()
            {
                Type = EnvironmentType.Sue,
                NodePools = Small,
                ReplicasMinimum = 1,
                ReplicasMaximum = 2,
                Isolation = Isolation.Namespace,
                Lifetime = TimeSpan.FromHours(24),
                AlwaysDevTags = true,
            },
        };

    /// <summary>The name claims use for a type.</summary>
    /// <param name="type">The type.</param>
    public static string NameOf(EnvironmentType type) => Names[(int)type];

    /// <summary>The type a claim names, or <see langword="null"/>.</summary>
    /// <param name="name">The name; <c>staging</c> is <c>stage</c>.</param>
    public static EnvironmentType? Find(string name) =>
        name switch
        {
            "dev" => EnvironmentType.Dev,
            "stage" or "staging" => EnvironmentType.Stage,
            "prod" => EnvironmentType.Prod,
            "sue" => EnvironmentType.Sue,
            _ => null,
        };
}
