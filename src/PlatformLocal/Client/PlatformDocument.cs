using System.Text.Json.Serialization;

namespace PlatformLocal.Client;

/// <summary>The platform as its API shows it.</summary>
public sealed record PlatformDocument
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The version of the program that serves it.</summary>
    public required string Version { get; init; }

    /// <summary>The kind of cluster: <c>embedded</c>.</summary>
    public required string Cluster { get; init; }

    /// <summary>The version of the cluster's Kubernetes API.</summary>
    public required string KubernetesVersion { get; init; }

    /// <summary>Whether workloads are simulated.</summary>
    public required bool Simulated { get; init; }

    /// <summary>The folder of the workspace.</summary>
    public required string Workspace { get; init; }

    /// <summary>The kubeconfig file for its cluster.</summary>
    public required string Kubeconfig { get; init; }

    /// <summary>When the serving process started.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>The id of the serving process.</summary>
    public required int ProcessId { get; init; }

    /// <summary>Its parts and where they are.</summary>
    public required IReadOnlyList<PartDocument> Parts { get; init; }

    /// <summary>The platform services in its cluster.</summary>
    /// <value>None unless set.</value>
    public IReadOnlyList<PlatformServiceDocument> Services { get; init; } = [];

    /// <summary>How many environments there are, by phase.</summary>
    public required IReadOnlyDictionary<string, int> Environments { get; init; }

    /// <summary>Where the time of its creation went; only <c>create-local-platform</c> knows.</summary>
    public StepLedger? Ledger { get; init; }
}

/// <summary>A part of the platform.</summary>
/// <param name="Name">What it does: <c>object store</c>, <c>search index</c>….</param>
/// <param name="Kind">What does it: <c>directory</c>, <c>memory</c>….</param>
/// <param name="Where">A path or an address.</param>
public sealed record PartDocument(string Name, string Kind, string Where)
{
    /// <summary>The name of the part that answers requests.</summary>
    public const string PlatformApi = "platform API";
}

/// <summary>The workspace that a platform has.</summary>
public sealed record WorkspaceDocument
{
    /// <summary>What was uploaded last, as <c>sha256:…</c>; absent when nothing was, or when the platform reads a folder.</summary>
    public string? Digest { get; init; }

    /// <summary>Whether a workspace can be uploaded: the platform cannot see the folder.</summary>
    public required bool TakesUploads { get; init; }
}

/// <summary>A platform service.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">The version of its chart or its manifests.</param>
/// <param name="By">What installs it: <c>flux</c> or <c>direct</c>.</param>
/// <param name="Ready">Whether it is ready.</param>
/// <param name="Message">Why, in a sentence.</param>
public sealed record PlatformServiceDocument(string Name, string Version, string By, bool Ready, string Message);

/// <summary>A failure as the API tells it: RFC 9457, with the next step and every fault.</summary>
public sealed record ProblemDocument
{
    /// <summary>A link or a name for the kind of problem.</summary>
    public string Type { get; init; } = "about:blank";

    /// <summary>The kind of problem in a few words.</summary>
    public required string Title { get; init; }

    /// <summary>The HTTP status; left out by programs, which have none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Status { get; init; }

    /// <summary>What failed and why.</summary>
    public string? Detail { get; init; }

    /// <summary>What to do now.</summary>
    public string? NextStep { get; init; }

    /// <summary>Which kind of <see cref="PlatformException"/> this is.</summary>
    public FailureKind Kind { get; init; }

    /// <summary>Every fault of a refused document.</summary>
    public IReadOnlyList<FaultDocument> Faults { get; init; } = [];
}
