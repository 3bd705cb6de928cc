using System.IO.Compression;

namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>
/// What an environment brings of the objects that it shares, in ConfigMaps of its namespace: while another environment's
/// version serves all, nothing else in the cluster has its own, which comes into force when that one goes.
/// </summary>
internal sealed class SharedContents(KubernetesClient client, string fieldManager)
{
    private const string Field = "object.json.gz";

    /// <summary>Keeps what an environment brings.</summary>
    public async Task KeepAsync(
        DesiredObject desired,
        Share share,
        string targetNamespace,
        CancellationToken cancellationToken
    )
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(desired.Content.ToJsonString()), cancellationToken);
        }
        ObjectReference place = PlaceOf(desired.Reference, targetNamespace);
        JsonObject map = place.ToObject(
            ("data", new JsonObject { ["object"] = desired.Key.ToString(), ["hash"] = share.Hash }),
            ("binaryData", new JsonObject { [Field] = Convert.ToBase64String(packed.ToArray()) })
        );
        map.Metadata()!["labels"] = new JsonObject { [DeliveryLabels.Environment] = share.Environment };
        await client.ApplyAsync(map, new WriteOptions { FieldManager = fieldManager, Force = true }, cancellationToken);
    }

    /// <summary>What an environment brings; <see langword="null"/> when it is not kept, is damaged, or is no longer what its share says.</summary>
    public async Task<DesiredObject?> FindAsync(
        ObjectReference reference,
        Share share,
        CancellationToken cancellationToken
    )
    {
        ObjectReference place = PlaceOf(reference, Claim.NamespaceOf(share.Environment));
        if (
            await client.FindAsync(place, cancellationToken) is not { } map
            || map.Child("data").Text("hash") != share.Hash
            || map.Child("binaryData").Text(Field) is not { } packed
        )
        {
            return null;
        }
        try
        {
            using var gzip = new GZipStream(
                new MemoryStream(Convert.FromBase64String(packed)),
                CompressionMode.Decompress
            );
            if (await JsonNode.ParseAsync(gzip, cancellationToken: cancellationToken) is not JsonObject content)
            {
                return null;
            }
            var found = ObjectReference.Of(content);
            return new DesiredObject(share.Service, found, content, KnownKinds.WaveOf(found.Group, found.Kind));
        }
        catch (Exception damage) when (damage is FormatException or InvalidDataException or JsonException)
        {
            return null; // the environment's next deployment writes it anew
        }
    }

    /// <summary>Forgets what an environment no longer brings.</summary>
    public Task ForgetAsync(ObjectReference reference, string targetNamespace, CancellationToken cancellationToken) =>
        client.DeleteAsync(PlaceOf(reference, targetNamespace), options: null, cancellationToken);

    private static ObjectReference PlaceOf(ObjectReference reference, string targetNamespace)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{reference.Group}/{reference.Kind}/{reference.Name}"));
        return new ObjectReference(
            "v1",
            "ConfigMap",
            targetNamespace,
            $"platform-shared-{Convert.ToHexStringLower(hash)[..20]}"
        );
    }
}
