namespace EmbeddedKubernetes.Admission;

/// <summary>What a pod's volume must fulfil.</summary>
internal static class VolumeRules
{
    public static void Check(JsonObject volume, string at, FieldFaults faults)
    {
        var source = "";
        foreach (var (name, value) in volume)
        {
            if (name == "name" || value is null)
            {
                continue;
            }
            if (source.Length > 0)
            {
                faults.Forbidden($"{at}.{name}", "may not specify more than 1 volume type");
                continue;
            }
            source = name;
            if (value is JsonObject details)
            {
                Source(name, details, $"{at}.{name}", faults);
            }
        }
    }

    private static void Source(string kind, JsonObject source, string at, FieldFaults faults)
    {
        switch (kind)
        {
            case "configMap":
                Named(source, "name", at, faults);
                Files(source, at, faults);
                break;
            case "secret":
                Named(source, "secretName", at, faults);
                Files(source, at, faults);
                break;
            case "downwardAPI":
                Files(source, at, faults);
                break;
            case "projected":
                Mode(source, "defaultMode", at, faults);
                PodRules.Each(
                    source.Arr("sources"),
                    at + ".sources",
                    (projection, p) => Projection(projection, p, faults)
                );
                break;
            case "hostPath":
                HostPath(source, at, faults);
                break;
            case "emptyDir" when Quantity.Parse(source["sizeLimit"]) < 0:
                faults.Forbidden(at + ".sizeLimit", "SizeLimit field must be a valid resource quantity");
                break;
            case "nfs":
                if (source.Str("path") is { Length: > 0 } path && path[0] != '/')
                {
                    faults.Invalid(at + ".path", path, "must be an absolute path");
                }
                break;
        }
    }

    private static void HostPath(JsonObject source, string at, FieldFaults faults)
    {
        if (source.Str("path")?.Split('/').Contains("..") == true)
        {
            faults.Invalid(at + ".path", source["path"], "must not contain '..'");
        }
        string[] types =
        [
            "",
            "BlockDevice",
            "CharDevice",
            "Directory",
            "DirectoryOrCreate",
            "File",
            "FileOrCreate",
            "Socket",
        ];
        if (source.Str("type") is { } type && !types.Contains(type))
        {
            faults.NotSupported(at + ".type", type, types);
        }
    }

    private static void Projection(JsonObject projection, string at, FieldFaults faults)
    {
        if (projection.Count(p => p.Value is not null) > 1)
        {
            faults.Forbidden(at, "may not specify more than 1 volume type");
        }
        foreach (var (kind, value) in projection)
        {
            if (value is not JsonObject source)
            {
                continue;
            }
            if (kind is "configMap" or "secret")
            {
                Named(source, "name", $"{at}.{kind}", faults);
            }
            if (kind is "configMap" or "secret" or "downwardAPI")
            {
                Files(source, $"{at}.{kind}", faults);
            }
            if (kind == "serviceAccountToken" && source.Long("expirationSeconds") is < 600)
            {
                faults.Invalid(
                    $"{at}.{kind}.expirationSeconds",
                    source["expirationSeconds"],
                    "may not specify a duration less than 10 minutes"
                );
            }
        }
    }

    private static void Files(JsonObject source, string at, FieldFaults faults)
    {
        Mode(source, "defaultMode", at, faults);
        PodRules.Each(
            source.Arr("items"),
            at + ".items",
            (item, p) =>
            {
                Mode(item, "mode", p, faults);
                var path = item.Str("path") ?? "";
                if (path.StartsWith('/'))
                {
                    faults.Invalid(p + ".path", path, "must be a relative path");
                }
                else if (path.Split('/').Contains(".."))
                {
                    faults.Invalid(p + ".path", path, "must not contain '..'");
                }
            }
        );
    }

    private static void Mode(JsonObject source, string field, string at, FieldFaults faults)
    {
        if (source.Long(field) is < 0 or > 511)
        {
            faults.Invalid(
                $"{at}.{field}",
                source[field],
                "must be a number between 0 and 0777 (octal), both inclusive"
            );
        }
    }

    private static void Named(JsonObject source, string field, string at, FieldFaults faults)
    {
        if (string.IsNullOrEmpty(source.Str(field)))
        {
            faults.Required($"{at}.{field}");
        }
    }
}
