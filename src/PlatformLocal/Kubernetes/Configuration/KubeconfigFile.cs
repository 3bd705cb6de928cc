using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace PlatformLocal.Kubernetes.Configuration;

/// <summary>One kubeconfig file as it is written.</summary>
internal sealed class KubeconfigFile(string path, YamlMappingNode root)
{
    public string? CurrentContext => KubeconfigEntry.Scalar(root, "current-context");

    public static KubeconfigFile Read(string path)
    {
        try
        {
            var yaml = new YamlStream();
            using (StreamReader reader = File.OpenText(path))
            {
                yaml.Load(reader);
            }
            return yaml.Documents.Count == 0 || yaml.Documents[0].RootNode is YamlScalarNode { Value: null or "" }
                    ? new KubeconfigFile(path, [])
                : yaml.Documents[0].RootNode is YamlMappingNode root ? new KubeconfigFile(path, root)
                : throw Kubeconfig.Invalid($"{path} is not a kubeconfig: it has no fields.");
        }
        catch (YamlException fault)
        {
            throw Kubeconfig.Invalid(
                $"{path} is not a kubeconfig: line {fault.Start.Line}, column {fault.Start.Column}: {fault.Message}",
                "Correct the file, or create it again with the tool that made it.",
                fault
            );
        }
        catch (Exception fault)
            when (fault is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException)
        {
            // The last two are what the parser lets out on texts that it does not expect.
            throw Kubeconfig.Invalid($"The kubeconfig {path} cannot be read: {fault.Message}", inner: fault);
        }
    }

    public IEnumerable<KubeconfigEntry> Entries(string list, string field)
    {
        if (
            !root.Children.TryGetValue(new YamlScalarNode(list), out YamlNode? node)
            || node is not YamlSequenceNode items
        )
        {
            yield break;
        }
        foreach (YamlMappingNode item in items.OfType<YamlMappingNode>())
        {
            string name =
                KubeconfigEntry.Scalar(item, "name")
                ?? throw Kubeconfig.Invalid($"An entry of {list} in {path} has no name.");
            YamlMappingNode fields =
                item.Children.TryGetValue(new YamlScalarNode(field), out YamlNode? value)
                && value is YamlMappingNode mapping
                    ? mapping
                    : [];
            yield return new KubeconfigEntry(path, field, name, fields);
        }
    }
}

/// <summary>One cluster, user or context with the file it is from, which relative paths refer to.</summary>
/// <param name="File">The file.</param>
/// <param name="What">What it is, for messages.</param>
/// <param name="Name">Its name.</param>
/// <param name="Fields">Its fields.</param>
internal sealed record KubeconfigEntry(string File, string What, string Name, YamlMappingNode Fields)
{
    public string? Text(string field) => Scalar(Fields, field);

    public bool Flag(string field) => string.Equals(Text(field), "true", StringComparison.OrdinalIgnoreCase);

    public string Required(string field) =>
        Text(field) ?? throw Kubeconfig.Invalid($"The {What} '{Name}' in {File} has no {field}.");

    public KubeconfigEntry? Child(string field) =>
        Node(Fields, field) is YamlMappingNode child ? this with { What = field, Fields = child } : null;

    public IEnumerable<KubeconfigEntry> Items(string field) =>
        Node(Fields, field) is YamlSequenceNode items
            ? items.OfType<YamlMappingNode>().Select(item => this with { What = field, Fields = item })
            : [];

    public IReadOnlyList<string> Texts(string field) =>
        Node(Fields, field) is YamlSequenceNode items
            ? [.. items.OfType<YamlScalarNode>().Select(item => item.Value ?? "")]
            : [];

    /// <summary>A path that is relative to the file.</summary>
    public string? PathOf(string field) =>
        Text(field) is { } path ? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(File))!, path) : null;

    /// <summary>PEM text, inline as base64 in <c>{field}-data</c> or in the file that <c>{field}</c> names.</summary>
    public string? Pem(string field)
    {
        if (Text($"{field}-data") is { } data)
        {
            try
            {
                return Encoding.UTF8.GetString(Convert.FromBase64String(data));
            }
            catch (FormatException fault)
            {
                throw Kubeconfig.Invalid($"{field}-data of {What} '{Name}' in {File} is not base64.", inner: fault);
            }
        }
        if (PathOf(field) is not { } path)
        {
            return null;
        }
        try
        {
            return System.IO.File.ReadAllText(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Kubeconfig.Invalid(
                $"{field} of {What} '{Name}' in {File} cannot be read: {fault.Message}",
                inner: fault
            );
        }
    }

    public static string? Scalar(YamlMappingNode node, string field) =>
        Node(node, field) is YamlScalarNode { Value: { Length: > 0 } value } scalar && !IsNull(scalar) ? value : null;

    public static YamlNode? Node(YamlMappingNode node, string field) =>
        node.Children.TryGetValue(new YamlScalarNode(field), out YamlNode? value) ? value : null;

    private static bool IsNull(YamlScalarNode node) =>
        node.Style == ScalarStyle.Plain && node.Value is "null" or "~" or "Null" or "NULL";
}
