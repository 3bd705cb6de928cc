namespace EmbeddedKubernetes.Storage;

/// <summary>What is asked of an object so often that it is kept beside its bytes.</summary>
internal readonly struct StoredMetadata
{
    private static readonly JsonReaderOptions s_options = new() { MaxDepth = 256 };
    private static readonly Dictionary<string, string> s_noLabels = [];

    private StoredMetadata(ref Utf8JsonReader reader)
    {
        Uid = "";
        Labels = s_noLabels;
        Owners = [];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("uid"u8))
            {
                Uid = Text(ref reader) ?? "";
            }
            else if (reader.ValueTextEquals("deletionTimestamp"u8))
            {
                Terminating = Text(ref reader) is not null;
            }
            else if (reader.ValueTextEquals("labels"u8))
            {
                Labels = ReadLabels(ref reader);
            }
            else if (reader.ValueTextEquals("ownerReferences"u8))
            {
                Owners = ReadOwners(ref reader);
            }
            else
            {
                Pass(ref reader);
            }
        }
    }

    public string Uid { get; }

    public bool Terminating { get; }

    public Dictionary<string, string> Labels { get; }

    /// <summary>The owners' uids.</summary>
    public string[] Owners { get; }

    /// <summary>Reads no further than the end of the metadata: opening a store is mostly this.</summary>
    public static StoredMetadata Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, s_options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var found = reader.ValueTextEquals("metadata"u8);
            reader.Read();
            if (found && reader.TokenType == JsonTokenType.StartObject)
            {
                return new(ref reader);
            }
            reader.Skip();
        }
        var nothing = new Utf8JsonReader("{}"u8);
        nothing.Read();
        return new(ref nothing);
    }

    private static string? Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.GetString();
        }
        reader.Skip();
        return null;
    }

    private static void Pass(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }

    private static Dictionary<string, string> ReadLabels(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return s_noLabels;
        }
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            labels[name] = Text(ref reader) ?? "";
        }
        return labels.Count == 0 ? s_noLabels : labels;
    }

    private static string[] ReadOwners(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return [];
        }
        var owners = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }
            var uid = "";
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("uid"u8))
                {
                    uid = Text(ref reader) ?? "";
                }
                else
                {
                    Pass(ref reader);
                }
            }
            owners.Add(uid);
        }
        return [.. owners];
    }
}
