using PlatformLocal.Core.Documents;

namespace PlatformLocal.Core.Environments;

/// <summary>How a payload becomes a claim.</summary>
public record PayloadOptions
{
    /// <summary>Deploy only the services that the payload names, and what they depend on: not the type's own.</summary>
    public bool DeployOnlySpecified { get; init; }

    /// <summary>Prefer development builds.</summary>
    public bool UseDevTags { get; init; }

    /// <summary>Who asks; owns the environment when the payload names nobody.</summary>
    /// <value>The user of this process unless set.</value>
    public string User { get; init; } = Environment.UserName;
}

/// <summary>A partial claim, merged over the defaults of its environment type.</summary>
public static class Payload
{
    /// <summary>The environment that a payload names.</summary>
    /// <param name="payload">The payload.</param>
    /// <exception cref="PlatformException">It names none.</exception>
    public static string NameIn(JsonObject payload) =>
        payload["environment_name"] is JsonValue value && value.TryGetValue<string>(out var name) && name.Length > 0
            ? name
            : throw new InvalidDocumentException(
                "the claim",
                [new Fault("environment_name", "is required, as a text")]
            );

    /// <summary>Makes a complete claim of a payload.</summary>
    /// <param name="payload">The payload; a service set to <c>null</c> takes a default service out.</param>
    /// <param name="types">What each environment type means.</param>
    /// <param name="options">How to merge.</param>
    /// <param name="now">The time that counts as creation, when the payload does not say.</param>
    /// <param name="existing">The claim that the payload changes: its creation date and user stay.</param>
    /// <exception cref="InvalidDocumentException">The outcome is no valid claim; carries every fault.</exception>
    public static Claim ToClaim(
        JsonObject payload,
        IReadOnlyDictionary<EnvironmentType, EnvironmentTypeDefaults> types,
        PayloadOptions options,
        DateTimeOffset now,
        Claim? existing = null
    )
    {
        var merged = (JsonObject)payload.DeepClone();
        SetDefault(merged, "environment_type", "dev");
        if (TypeOf(merged) is { } type)
        {
            var defaults = types[type];
            SetDefault(merged, "deployment_method", MethodOf(merged, defaults));
            Merge(merged, "variables", defaults.Variables);
            if (!options.DeployOnlySpecified)
            {
                Merge(merged, "services", defaults.Services);
            }
        }

        DropRemovedServices(merged);
        SetDefault(merged, "user", existing?.User ?? options.User);
        SetDefault(merged, "creation_date", (existing?.CreationDate ?? now).ToString("O"));
        if (existing?.Isolation is { } isolation)
        {
            SetDefault(merged, "isolation", isolation == Isolation.Cluster ? "cluster" : "namespace");
        }

        if (existing?.Delivery is { } delivery)
        {
            SetDefault(merged, "delivery", DeliveryKinds.NameOf(delivery));
        }

        if (options.UseDevTags)
        {
            merged["use_dev_tags"] = true;
        }

        return ClaimReader.Read(merged, types, "the claim");
    }

    private static EnvironmentType? TypeOf(JsonObject claim) =>
        claim["environment_type"] is JsonValue value && value.GetValueKind() == JsonValueKind.String
            ? EnvironmentTypes.Find(value.GetValue<string>())
            : null;

    // A type that changes through git by default still accepts a payload that names no repository.
    private static string MethodOf(JsonObject claim, EnvironmentTypeDefaults defaults) =>
        defaults.DeploymentMethod == DeploymentMethod.Git && claim.ContainsKey("git_repository") ? "git" : "minio";

    private static void SetDefault(JsonObject claim, string property, string value)
    {
        if (claim[property] is null)
        {
            claim[property] = value;
        }
    }

    private static void Merge(JsonObject claim, string property, IReadOnlyDictionary<string, string> defaults)
    {
        if ((claim[property] ??= new JsonObject()) is not JsonObject found)
        {
            return; // not an object: the reader says so
        }

        foreach (var (name, value) in defaults)
        {
            if (!found.ContainsKey(name))
            {
                found[name] = value;
            }
        }
    }

    private static void DropRemovedServices(JsonObject claim)
    {
        if (claim["services"] is not JsonObject services)
        {
            return;
        }

        foreach (var name in services.Where(s => s.Value is null).Select(s => s.Key).ToList())
        {
            services.Remove(name);
        }
    }
}
