namespace PlatformLocal.Deployment.Manifests;

/// <summary>How an object, or a service as a whole, is left out of substitution.</summary>
internal static class SubstitutionSwitch
{
    /// <summary>The annotation or label of an object; it means the same to Flux.</summary>
    public const string Name = "kustomize.toolkit.fluxcd.io/substitute";

    /// <summary>Its value.</summary>
    public const string Off = "disabled";

    /// <summary>The field of a service's definition.</summary>
    public const string Field = "substitute";

    /// <summary>The objects of a file that are left out.</summary>
    /// <exception cref="InvalidDocumentException">The file is no YAML.</exception>
    public static ExemptObjects ExemptIn(ManifestText file) =>
        file.Text.Contains(Name, StringComparison.Ordinal)
            ? new ExemptObjects(YamlText.ParseAll(file.Text, file.File).SelectMany(ExemptIn).ToHashSet())
            : new ExemptObjects(new HashSet<(int, string)>());

    private static IEnumerable<(int, string)> ExemptIn(YamlDocumentText document) =>
        document.Root is not JsonObject root ? []
        : IsOff(root) ? [(document.Number, "")]
        : (Manifest.ItemsOf(root) ?? [])
            .Index()
            .Where(i => IsOff(i.Item as JsonObject))
            .Select(i => (document.Number, $"[{i.Index}]"));

    private static bool IsOff(JsonObject? item) => item.Annotation(Name) == Off || item.Label(Name) == Off;
}
