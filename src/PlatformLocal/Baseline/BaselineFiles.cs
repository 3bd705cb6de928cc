using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using PlatformLocal.Documents;
using PlatformLocal.Environments;

namespace PlatformLocal.Baseline;

/// <summary>The files of <c>playbooks/</c>, which Ansible and the platform's own client both read.</summary>
internal static class BaselineFiles
{
    private const string Prefix = "playbooks/";

    private static readonly Assembly s_assembly = typeof(BaselineFiles).Assembly;

    private static readonly Dictionary<string, string> s_texts = s_assembly
        .GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)
        .ToDictionary(name => name[Prefix.Length..], ReadResource, StringComparer.Ordinal);

    /// <summary>Another digest means other files.</summary>
    public static string Digest { get; } =
        Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(s_texts.Select(t => $"{t.Key}\0{t.Value}\0"))))
        );

    /// <summary>The system namespace itself, and all that belongs into it.</summary>
    public static IReadOnlyList<JsonObject> OfNamespace(string name) =>
        [.. Objects($"baseline/{name}/namespace.yaml"), .. Objects($"baseline/{name}/network-policies.yaml")];

    /// <summary>The roles that people can be given.</summary>
    public static IReadOnlyList<JsonObject> Roles() => Objects("baseline/roles.yaml");

    /// <summary>What every environment of a type has, without a namespace.</summary>
    public static IReadOnlyList<JsonObject> OfEnvironment(EnvironmentType type) =>
        [
            .. Objects("environments/network-policies.yaml"),
            .. Objects($"environments/{EnvironmentTypes.NameOf(type)}.yaml"),
        ];

    /// <summary>Writes all files into a folder, as they are in the source tree.</summary>
    public static void WriteTo(string folder)
    {
        foreach (var (name, text) in s_texts)
        {
            string file = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }
    }

    private static List<JsonObject> Objects(string name) =>
        [.. YamlText.ParseAll(s_texts[name], Prefix + name).Select(d => d.Root.AsObject())];

    private static string ReadResource(string name)
    {
        using var stream = s_assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
