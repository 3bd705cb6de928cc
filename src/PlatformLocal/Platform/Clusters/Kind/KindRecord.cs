using System.Text.Json;
using System.Text.Json.Serialization;
using PlatformLocal.Kubernetes.Files;

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
    public static KindRecord? Read(string folder)
    {
        try
        {
            string file = FileIn(folder);
            return File.Exists(file)
                ? JsonSerializer.Deserialize(File.ReadAllBytes(file), KindRecordJson.Default.KindRecord)
                : null;
        }
        catch (JsonException)
        {
            return null; // unreadable is as good as absent: the cluster itself tells whose it is
        }
    }

    public static void Delete(string folder) => File.Delete(FileIn(folder));

    public void Write(string folder)
    {
        PrivateFile.EnsureFolder(folder);
        PrivateFile.Replace(
            FileIn(folder),
            JsonSerializer.SerializeToUtf8Bytes(this, KindRecordJson.Default.KindRecord)
        );
    }

    private static string FileIn(string folder) => Path.Combine(folder, "kind-cluster.json");
}

/// <summary>How a record is written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(KindRecord))]
internal sealed partial class KindRecordJson : JsonSerializerContext;
