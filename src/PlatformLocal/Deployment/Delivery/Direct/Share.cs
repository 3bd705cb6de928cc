namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>That an environment brings an object outside of namespaces.</summary>
/// <param name="Environment">The environment.</param>
/// <param name="Service">The service that it belongs to there.</param>
/// <param name="Version">The service's version; empty when that is not known.</param>
/// <param name="Hash">What was brought; empty when that is not known.</param>
internal sealed record Share(string Environment, string Service, string Version, string Hash)
{
    public string Annotation => DeliveryLabels.Share + Environment;

    /// <summary>How it is compared with those of others: by the order of versions; what is no version comes before all.</summary>
    public PlatformVersion? Order => PlatformVersion.TryParse(Version, out PlatformVersion? version) ? version : null;

    /// <summary>The annotation's value.</summary>
    public override string ToString() => $"{Service} {Version} {Hash}";

    /// <summary>Whether two environments bring the same, as far as that is known.</summary>
    public bool SaysTheSameAs(Share other) => Hash.Length > 0 && Hash == other.Hash;

    /// <summary>For people.</summary>
    public string Describe() => $"{Environment} ({$"{Service} {Version}".Trim()})";

    /// <summary>Who brings an object. The one that its label names counts without an annotation: earlier versions wrote none.</summary>
    public static IReadOnlyList<Share> Of(JsonObject item)
    {
        var shares = new List<Share>();
        foreach ((string name, JsonNode? value) in item.Metadata().Child("annotations") ?? [])
        {
            if (name.StartsWith(DeliveryLabels.Share, StringComparison.Ordinal))
            {
                string[] parts = ((string?)value ?? "").Split(' ');
                shares.Add(
                    new Share(
                        name[DeliveryLabels.Share.Length..],
                        parts[0],
                        parts.ElementAtOrDefault(1) ?? "",
                        parts.ElementAtOrDefault(2) ?? ""
                    )
                );
            }
        }
        if (
            item.Label(DeliveryLabels.Environment) is { Length: > 0 } served
            && !shares.Exists(share => share.Environment == served)
        )
        {
            shares.Add(
                new Share(
                    served,
                    item.Label(DeliveryLabels.Service) ?? "",
                    item.Label("app.kubernetes.io/version") ?? "",
                    ""
                )
            );
        }
        return shares;
    }
}
