using System.IO.Compression;

namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>
/// Keeps the inventory in the ConfigMap <c>platform-inventory</c> of the environment's namespace: as plain text while
/// it is small, compressed when it is large, and spread over further ConfigMaps when even that exceeds what one may hold.
/// </summary>
/// <param name="client">The cluster.</param>
/// <param name="fieldManager">Who owns the ConfigMaps.</param>
/// <param name="shardSize">How many bytes one ConfigMap takes; the API's limit is 1 MiB with everything around.</param>
internal sealed class InventoryStore(
    KubernetesClient client,
    string fieldManager,
    int shardSize = InventoryStore.ShardSize
)
{
    public const string Name = "platform-inventory";

    private const int ShardSize = 640 * 1024; // 853 KiB in base64
    private const string Format = "1";
    private const string PlainField = "objects.json";
    private const string FluxField = "flux";
    private const string PackedField = "objects.json.gz";

    /// <summary>Reads the inventory.</summary>
    /// <returns>The inventory; empty when there is none.</returns>
    /// <exception cref="PlatformException">It is there and cannot be read, or belongs to another environment.</exception>
    public async Task<Inventory> ReadAsync(
        string environment,
        string targetNamespace,
        CancellationToken cancellationToken
    )
    {
        if (await client.FindAsync(Reference(targetNamespace, Name), cancellationToken) is not { } head)
        {
            return Inventory.Empty(environment);
        }
        JsonObject? data = head.Child("data");
        if (data.Text("environment") is { } owner && owner != environment)
        {
            throw new PlatformException(
                FailureKind.Conflict,
                $"Namespace {targetNamespace} holds the environment {owner}, not {environment}.",
                $"Choose another namespace, or remove the environment {owner} first."
            );
        }
        try
        {
            string format = data.Text("format") ?? throw new FormatException("it names no format");
            if (format != Format)
            {
                throw Unreadable(
                    $"is of format {format}, which this version does not know",
                    "Deliver with the version of platformctl that wrote it. Or forget"
                );
            }
            string text = data.Text(PlainField) ?? Unpack(await PartsAsync(head, targetNamespace, cancellationToken));
            return Inventory.FromJson(
                environment,
                JsonNode.Parse(text) as JsonArray ?? throw new FormatException("what it holds is no list")
            ) with
            {
                FluxRepository = FluxRepositoryIn(head),
            };
        }
        catch (FormatException fault)
        {
            throw Damaged(fault.Message, fault);
        }
        catch (JsonException fault)
        {
            throw Damaged("what it holds is no JSON", fault);
        }
        catch (InvalidDataException fault)
        {
            throw Damaged("what it holds cannot be unpacked", fault);
        }

        PlatformException Damaged(string why, Exception fault) =>
            Unreadable($"is damaged, {why.TrimEnd('.')}", "Forget", fault);

        PlatformException Unreadable(string what, string forget, Exception? fault = null) =>
            new(
                $"The ConfigMap {targetNamespace}/{Name}, which says what was delivered for {environment}, {what}.",
                $"{forget} what was delivered, so that what is no longer wanted of it stays, and deliver again: {ShellCommand.Kubectl(targetNamespace, "delete", "configmap", Name)}",
                fault
            );
    }

    /// <summary>Where the builds are of an environment that Flux delivers; <see langword="null"/> when the platform does.</summary>
    public static string? FluxRepositoryIn(JsonObject head) => head.Child("data").Text(FluxField);

    /// <summary>Reads the inventory in a ConfigMap; <see langword="null"/> when it is not all there, or in a later format.</summary>
    public static Inventory? ReadPlain(JsonObject head) =>
        head.Child("data") is { } data
        && data.Text("format") == Format
        && data.Text("environment") is { } environment
        && data.Text(PlainField) is { } text
        && JsonNode.Parse(text) is JsonArray rows
            ? Inventory.FromJson(environment, rows) with
            {
                FluxRepository = FluxRepositoryIn(head),
            }
            : null;

    /// <summary>Replaces the inventory: first what it refers to, then itself, then what it no longer refers to is deleted.</summary>
    public async Task WriteAsync(Inventory inventory, string targetNamespace, CancellationToken cancellationToken)
    {
        string text = inventory.ToJson().ToJsonString();
        var data = new JsonObject
        {
            ["format"] = Format,
            ["environment"] = inventory.Environment,
            ["count"] = inventory.Entries.Count.ToString(),
        };
        if (inventory.FluxRepository is { } repository)
        {
            data[FluxField] = repository;
        }
        var head = Map(targetNamespace, Name, inventory.Environment, data);
        string[] shards = [];
        if (Encoding.UTF8.GetByteCount(text) <= shardSize)
        {
            data[PlainField] = text;
        }
        else
        {
            byte[][] parts = [.. Pack(text).Chunk(shardSize)];
            string generation = Convert.ToHexStringLower(SHA256.HashData(parts.SelectMany(part => part).ToArray()))[
                ..10
            ];
            shards = [.. Enumerable.Range(1, parts.Length - 1).Select(number => $"{Name}-{generation}-{number}")];
            data["shards"] = string.Join(' ', shards);
            head["binaryData"] = Binary(parts[0]);
            foreach ((string shard, byte[] part) in shards.Zip(parts.Skip(1)))
            {
                JsonObject map = Map(targetNamespace, shard, inventory.Environment, []);
                map["binaryData"] = Binary(part);
                await ApplyAsync(map, cancellationToken);
            }
        }
        JsonObject? before = await client.FindAsync(Reference(targetNamespace, Name), cancellationToken);
        await ApplyAsync(head, cancellationToken);
        foreach (string old in ShardsOf(before).Except(shards, StringComparer.Ordinal))
        {
            await client.DeleteAsync(Reference(targetNamespace, old), options: null, cancellationToken);
        }
    }

    private Task<ApplyResult> ApplyAsync(JsonObject map, CancellationToken cancellationToken) =>
        client.ApplyAsync(map, new WriteOptions { FieldManager = fieldManager, Force = true }, cancellationToken);

    private async Task<byte[]> PartsAsync(JsonObject head, string targetNamespace, CancellationToken cancellationToken)
    {
        using var all = new MemoryStream();
        all.Write(BytesOf(head));
        foreach (string shard in ShardsOf(head))
        {
            JsonObject map =
                await client.FindAsync(Reference(targetNamespace, shard), cancellationToken)
                ?? throw new FormatException($"its part {shard} is missing");
            all.Write(BytesOf(map));
        }
        return all.ToArray();

        static byte[] BytesOf(JsonObject map)
        {
            string text =
                map.Child("binaryData").Text(PackedField)
                ?? throw new FormatException($"{map.Metadata().Text("name")} has no {PackedField}");
            byte[] bytes = new byte[text.Length];
            return Convert.TryFromBase64String(text, bytes, out int length)
                ? bytes[..length]
                : throw new FormatException($"{PackedField} of {map.Metadata().Text("name")} is no base64");
        }
    }

    private static string[] ShardsOf(JsonObject? head) =>
        head.Child("data").Text("shards")?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static byte[] Pack(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }
        return packed.ToArray();
    }

    private static string Unpack(byte[] packed)
    {
        using var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var reader = new StreamReader(gzip, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static JsonObject Binary(byte[] part) => new() { [PackedField] = Convert.ToBase64String(part) };

    private static JsonObject Map(string targetNamespace, string name, string environment, JsonObject data) =>
        new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = targetNamespace,
                ["labels"] = new JsonObject { [DeliveryLabels.Environment] = environment },
            },
            ["data"] = data,
        };

    private static ObjectReference Reference(string targetNamespace, string name) =>
        new("v1", "ConfigMap", targetNamespace, name);
}
