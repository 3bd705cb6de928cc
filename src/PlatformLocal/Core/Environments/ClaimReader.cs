using PlatformLocal.Core.Documents;
using PlatformLocal.Core.Versions;

namespace PlatformLocal.Core.Environments;

/// <summary>Makes claims of JSON: strictly, with all faults at once.</summary>
public static class ClaimReader
{
    /// <summary>The most services a claim may name.</summary>
    internal const int MaximumServices = 500;

    /// <summary>Reads a complete claim, as the object store holds it.</summary>
    /// <param name="source">The claim.</param>
    /// <param name="types">What each environment type means.</param>
    /// <param name="document">What the document is to the user, for messages.</param>
    /// <exception cref="InvalidDocumentException">The claim is refused; carries every fault.</exception>
    public static Claim Read(
        JsonObject source,
        IReadOnlyDictionary<EnvironmentType, EnvironmentTypeDefaults> types,
        string document
    )
    {
        var faults = new List<Fault>();
        var reader = new ObjectReader(source, faults);
        ReadApiVersion(reader);
        var name = ReadName(reader, "environment_name", required: true);
        var user = reader.Text("user", required: true);
        var type = ReadType(reader);
        var defaults = type is { } known ? types[known] : null;
        var created = ReadDate(reader, "creation_date", required: true);
        var claim = new Claim
        {
            EnvironmentName = name ?? "",
            User = user ?? "",
            EnvironmentType = type ?? default,
            EnvironmentPool = ReadPool(reader, defaults) ?? "",
            CreationDate = created ?? default,
            ExpirationDate = ReadExpiration(reader, created, defaults),
            Services = ReadServices(reader, defaults),
            DeploymentMethod = ReadMethod(reader) ?? default,
            GitRepository = reader.Text("git_repository"),
            Branch = reader.Text("branch"),
            Variables = ReadVariables(reader),
            UseDevTags = (reader.Boolean("use_dev_tags") ?? false) || defaults is { AlwaysDevTags: true },
            Isolation = reader.OneOf("isolation", ["namespace", "cluster"]) switch
            {
                "namespace" => Isolation.Namespace,
                "cluster" => Isolation.Cluster,
                _ => null,
            },
            Delivery = ReadDelivery(reader),
        };
        if (user is { Length: 0 or > 128 })
        {
            reader.Fault("user", "must have 1 to 128 characters");
        }

        if (claim.DeploymentMethod == DeploymentMethod.Git && claim.GitRepository is null)
        {
            reader.Fault("git_repository", "is required when deployment_method is git");
        }

        reader.RefuseOthers();
        return faults.Count == 0 ? claim : throw new InvalidDocumentException(document, faults);
    }

    /// <summary>How environments are delivered, as claims and workspaces say it: <c>direct</c> or <c>flux</c>.</summary>
    /// <param name="reader">What may say it, as <c>delivery</c>.</param>
    public static DeliveryKind? ReadDelivery(ObjectReader? reader) =>
        DeliveryKinds.Find(reader?.OneOf("delivery", DeliveryKinds.Names));

    private static void ReadApiVersion(ObjectReader reader)
    {
        if (reader.Text("api_version") is { } version && version != Claim.CurrentApiVersion)
        {
            reader.Fault(
                "api_version",
                $"'{version}' is the format of another version of the platform; this one reads {Claim.CurrentApiVersion}"
            );
        }
    }

    private static string? ReadName(ObjectReader reader, string property, bool required)
    {
        var name = reader.Text(property, required);
        if (name is not null && Names.FaultOf(name) is { } fault)
        {
            reader.Fault(property, fault);
        }

        return name;
    }

    private static EnvironmentType? ReadType(ObjectReader reader)
    {
        if (reader.Text("environment_type", required: true) is not { } text)
        {
            return null;
        }

        if (EnvironmentTypes.Find(text) is { } type)
        {
            return type;
        }

        reader.Fault("environment_type", $"'{text}' is not one of: {string.Join(", ", EnvironmentTypes.Names)}");
        return null;
    }

    private static string? ReadPool(ObjectReader reader, EnvironmentTypeDefaults? defaults) =>
        defaults is null
            ? reader.Text("environment_pool")
            : reader.OneOf("environment_pool", defaults.NodePools) ?? defaults.NodePools[0];

    private static DateTimeOffset? ReadDate(ObjectReader reader, string property, bool required)
    {
        if (reader.Text(property, required) is not { } text)
        {
            return null;
        }

        if (TryParseDate(text, out var date))
        {
            return date;
        }

        reader.Fault(property, $"'{text}' is not a date such as 2026-11-21 or 2026-11-21T10:30:00Z");
        return null;
    }

    private static bool TryParseDate(string text, out DateTimeOffset date) =>
        DateTimeOffset.TryParseExact(
            text,
            ["yyyy-MM-dd", "yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK", "yyyy-MM-ddTHH:mmK"],
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out date
        );

    private static DateTimeOffset? ReadExpiration(
        ObjectReader reader,
        DateTimeOffset? created,
        EnvironmentTypeDefaults? defaults
    )
    {
        const string property = "expiration_date";
        var text = reader.Text(property);
        if (string.Equals(text, "never", StringComparison.Ordinal))
        {
            return null;
        }

        var expires = text is null ? created + defaults?.Lifetime : ReadDate(reader, property, required: false);
        if (text is not null && expires <= created)
        {
            reader.Fault(property, "must be later than creation_date");
        }

        return expires;
    }

    private static SortedDictionary<string, ServiceRequest> ReadServices(
        ObjectReader reader,
        EnvironmentTypeDefaults? defaults
    )
    {
        var services = new SortedDictionary<string, ServiceRequest>(StringComparer.Ordinal);
        var source = reader.ObjectNode("services", required: true);
        if (source is { Count: 0 or > MaximumServices })
        {
            reader.Fault("services", $"names {source.Count} services; a claim names 1 to {MaximumServices}");
            return services;
        }

        var faults = new List<Fault>();
        foreach (var (name, value) in source ?? [])
        {
            if (Names.FaultOf(name) is { } fault)
            {
                reader.Fault($"services.{name}", fault);
            }

            if (ReadService(reader, name, value, faults) is not { } service)
            {
                continue;
            }

            services[name] = service;
            if (defaults is { ExactVersionsOnly: true } && service.Version.Exact is null)
            {
                var type = EnvironmentTypes.NameOf(defaults.Type);
                reader.Fault(
                    $"services.{name}.version",
                    $"'{service.Version}' is not exact; {type} accepts exact versions only, such as 1.2.3"
                );
            }
        }

        return services;
    }

    private static ServiceRequest? ReadService(ObjectReader claim, string name, JsonNode? value, List<Fault> faults)
    {
        var path = $"services.{name}";
        switch (value)
        {
            case JsonValue text when text.GetValueKind() == JsonValueKind.String:
                return ReadConstraint(claim, path, text.GetValue<string>()) is { } version
                    ? new ServiceRequest(version)
                    : null;
            case JsonObject source:
                faults.Clear();
                var reader = new ObjectReader(source, faults, path);
                var constraint = reader.Text("version", required: true);
                var image = reader.Text("docker_image");
                var artifact = reader.Text("ansible_artifact");
                reader.RefuseOthers();
                faults.ForEach(f => claim.Fault(f.Path, f.Message));
                return constraint is not null && ReadConstraint(claim, path + ".version", constraint) is { } found
                    ? new ServiceRequest(found, image, artifact)
                    : null;
            default:
                claim.Fault(
                    path,
                    $"must be a version such as \"^1.0\" or an object with version, docker_image and ansible_artifact, "
                        + $"and is {ObjectReader.KindOf(value)}"
                );
                return null;
        }
    }

    private static VersionConstraint? ReadConstraint(ObjectReader claim, string path, string text)
    {
        if (VersionConstraint.TryParse(text, out var constraint, out var fault))
        {
            return constraint;
        }

        claim.Fault(path, fault);
        return null;
    }

    private static DeploymentMethod? ReadMethod(ObjectReader reader) =>
        reader.OneOf("deployment_method", ["minio", "git"]) switch
        {
            "git" => DeploymentMethod.Git,
            "minio" => DeploymentMethod.Minio,
            _ => null,
        };

    private static IReadOnlyDictionary<string, string> ReadVariables(ObjectReader reader)
    {
        var variables = reader.TextMap("variables");
        foreach (var name in variables.Keys)
        {
            if (Names.FaultOfVariable(name) is { } fault)
            {
                reader.Fault($"variables.{name}", fault);
            }
        }

        return variables;
    }
}
