using System.Text.Json.Serialization;
using PlatformLocal.Kubernetes.Files;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Platform.Clusters.Kind;

/// <summary>What the platform's state folder remembers of its cluster.</summary>
/// <param name="Cluster">The Kind cluster.</param>
/// <param name="IsReady">Whether its creation came to an end; otherwise what is there is half a cluster.</param>
/// <param name="Since">When its creation began.</param>
/// <param name="Configuration">What it was made with.</param>
/// <param name="Nodes">The ids of its containers; empty until it is ready.</param>
internal sealed record KindRecord(
    string Cluster,
    bool IsReady,
    DateTimeOffset Since,
    string Configuration,
    IReadOnlyList<string> Nodes
)
{
    /// <summary>The record in a folder, or <see langword="null"/>; a damaged one is set aside: the cluster itself tells whose it is.</summary>
    public static KindRecord? Read(string folder, Action<string> warn) =>
        StateFile.ReadOrSetAside(FileIn(folder), KindRecordJson.Default.KindRecord, warn);

    public static void Delete(string folder) => PrivateFile.Delete(FileIn(folder));

    public void Write(string folder)
    {
        PrivateFile.EnsureFolder(folder);
        StateFile.Write(FileIn(folder), this, KindRecordJson.Default.KindRecord);
    }

    public static bool IsIn(string folder) => Path.Exists(FileIn(folder));

    private static string FileIn(string folder) => Path.Combine(folder, StateFolder.KindRecord);
}

/// <summary>How a record is written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(KindRecord))]
internal sealed partial class KindRecordJson : JsonSerializerContext;
