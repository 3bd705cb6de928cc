namespace PlatformLocal.Deployment.Workspaces;

/// <summary>What <c>spec.platformServices</c> of a workspace says.</summary>
public sealed record PlatformServiceSettings
{
    /// <summary>Which object store stands in for the default one: a service's name, <c>none</c>, or <see langword="null"/> for no wish.</summary>
    public string? ObjectStore { get; init; }

    /// <summary>A file with Flux's manifests instead of the released ones; <see langword="null"/> to download them.</summary>
    public string? FluxManifests { get; init; }

    /// <summary>Where all charts are, instead of in their own repositories; <see langword="null"/> for those.</summary>
    public ChartRegistry? Charts { get; init; }

    /// <summary>What is changed, by the service's name.</summary>
    /// <value>Nothing unless set.</value>
    public IReadOnlyDictionary<string, PlatformServiceChange> Changes { get; init; } =
        new Dictionary<string, PlatformServiceChange>(StringComparer.Ordinal);
}

/// <summary>A registry that has the charts of all platform services by their names, such as a mirror of a company.</summary>
/// <param name="Url">Where they are, without the chart's name: <c>oci://registry.example.com/charts</c>.</param>
public sealed record ChartRegistry(string Url)
{
    /// <summary>Whether it is asked over plain HTTP.</summary>
    public bool IsInsecure { get; init; }

    /// <summary>The Secret with its credentials, beside the platform services; <see langword="null"/> for none.</summary>
    public string? Secret { get; init; }
}

/// <summary>What a workspace changes of one platform service.</summary>
public sealed record PlatformServiceChange
{
    /// <summary>Nothing is changed.</summary>
    public static PlatformServiceChange None { get; } = new();

    /// <summary>Whether the default choice has it; <see langword="null"/> leaves that as it is.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Another version of its chart.</summary>
    public string? Version { get; init; }

    /// <summary>Values merged over its own: objects are merged, everything else replaces.</summary>
    public JsonObject? Values { get; init; }

    /// <summary>A file instead of the manifests it would download.</summary>
    public string? Manifests { get; init; }
}
