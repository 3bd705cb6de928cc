namespace PlatformLocal.Platform.Baseline;

/// <summary>The playbooks and the manifests of the baseline, which Ansible and the platform's own client both read.</summary>
internal static class BaselineFiles
{
    private const string Prefix = "files/";
    private const string Manifests = "src/PlatformLocal/Platform/Baseline/Manifests/";

    // By their path in the source tree: playbooks find the manifests by it.
    private static readonly Dictionary<string, string> s_texts = typeof(BaselineFiles)
        .Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)
        .ToDictionary(name => name[Prefix.Length..], EmbeddedFiles.Read);

    /// <summary>The system namespace itself, and all that belongs into it.</summary>
    public static IReadOnlyList<JsonObject> OfNamespace(string name) =>
        [.. Objects($"{name}/namespace.yaml"), .. Objects($"{name}/network-policies.yaml")];

    /// <summary>The roles that people can be given.</summary>
    public static IReadOnlyList<JsonObject> Roles() => Objects("roles.yaml");

    /// <summary>Writes all files into a folder, as they are in the source tree.</summary>
    public static void WriteTo(string folder)
    {
        foreach (var (name, text) in s_texts)
        {
            var file = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }
    }

    private static IReadOnlyList<JsonObject> Objects(string name) =>
        EmbeddedFiles.Objects(s_texts[Manifests + name], name);
}
