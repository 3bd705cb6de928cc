namespace EmbeddedKubernetes.Admission;

/// <summary>What secrets and config maps must hold.</summary>
internal static class SecretRules
{
    private const int MaxSize = 1024 * 1024;

    public static void CheckType(JsonObject secret, FieldFaults faults)
    {
        var data = secret.Obj("data");
        switch (secret.Str("type"))
        {
            case "kubernetes.io/tls":
                Has("tls.crt", empty: true);
                Has("tls.key", empty: true);
                break;
            case "kubernetes.io/dockerconfigjson":
                HasJson(".dockerconfigjson");
                break;
            case "kubernetes.io/dockercfg":
                HasJson(".dockercfg");
                break;
            case "kubernetes.io/basic-auth"
                when data?.ContainsKey("username") != true && data?.ContainsKey("password") != true:
                faults.Required("data[username]").Required("data[password]");
                break;
            case "kubernetes.io/ssh-auth":
                Has("ssh-privatekey", empty: false);
                break;
            case "kubernetes.io/service-account-token"
                when string.IsNullOrEmpty(secret.Str("metadata", "annotations", "kubernetes.io/service-account.name")):
                faults.Required("metadata.annotations[kubernetes.io/service-account.name]");
                break;
        }

        void Has(string key, bool empty)
        {
            if (data?.ContainsKey(key) != true || (!empty && string.IsNullOrEmpty(data.Str(key))))
            {
                faults.Required($"data[{key}]");
            }
        }

        void HasJson(string key)
        {
            if (data?.ContainsKey(key) != true)
            {
                faults.Required($"data[{key}]");
            }
            else if (!IsJsonObject(data.Str(key) ?? ""))
            {
                faults.Invalid($"data[{key}]", "<secret contents redacted>", "must be a JSON object");
            }
        }
    }

    /// <summary>One object holds no more than etcd takes.</summary>
    public static void CheckSize(JsonObject? text, JsonObject? binary, string path, FieldFaults faults)
    {
        var size =
            (text ?? []).Sum(d => (long)Encoding.UTF8.GetByteCount(d.Value.AsString() ?? ""))
            + (binary ?? []).Sum(d => Decoded(d.Value.AsString() ?? ""));
        if (size > MaxSize)
        {
            faults.TooLong(path, $"may not be more than {MaxSize} bytes");
        }
    }

    private static long Decoded(string base64) => (base64.Length / 4L * 3) - base64.AsSpan().Count('=');

    private static bool IsJsonObject(string base64)
    {
        try
        {
            return JsonNode.Parse(Convert.FromBase64String(base64)) is JsonObject or null;
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return false;
        }
    }
}
