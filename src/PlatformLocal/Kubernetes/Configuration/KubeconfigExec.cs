using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace PlatformLocal.Kubernetes.Configuration;

/// <summary>Reads the <c>exec</c> part of a user.</summary>
internal static class KubeconfigExec
{
    private const string ConfigExtension = "client.authentication.k8s.io/exec";

    public static ExecPlugin Read(KubeconfigEntry exec, KubeconfigEntry cluster)
    {
        string apiVersion = exec.Required("apiVersion");
        if (apiVersion is not ("client.authentication.k8s.io/v1" or "client.authentication.k8s.io/v1beta1"))
        {
            throw Kubeconfig.Invalid(
                $"The exec plugin of user '{exec.Name}' in {exec.File} has apiVersion {apiVersion}.",
                "Use client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1."
            );
        }
        if (exec.Text("interactiveMode") == "Always")
        {
            throw Kubeconfig.Invalid(
                $"The exec plugin of user '{exec.Name}' in {exec.File} wants a terminal (interactiveMode: Always).",
                "Log in with kubectl first, or choose a login that needs no terminal."
            );
        }
        string command = exec.Required("command");
        bool isPath = command.Contains('/', StringComparison.Ordinal) || command.Contains(Path.DirectorySeparatorChar);
        return new ExecPlugin
        {
            ApiVersion = apiVersion,
            Command = isPath ? exec.PathOf("command")! : command,
            Arguments = exec.Texts("args"),
            Environment = exec.Items("env")
                .GroupBy(entry => entry.Text("name") ?? "", StringComparer.Ordinal)
                .Where(group => group.Key.Length > 0)
                .ToDictionary(
                    group => group.Key,
                    group => (string?)(group.Last().Text("value") ?? ""),
                    StringComparer.Ordinal
                ),
            InstallHint = exec.Text("installHint"),
            ProvideClusterInfo = exec.Flag("provideClusterInfo"),
            ClusterConfig = ConfigOf(cluster),
        };
    }

    private static string? ConfigOf(KubeconfigEntry cluster) =>
        cluster
            .Items("extensions")
            .Where(extension => extension.Text("name") == ConfigExtension)
            .Select(extension => KubeconfigEntry.Node(extension.Fields, "extension"))
            .OfType<YamlNode>()
            .Select(node => ToJson(node)?.ToJsonString())
            .FirstOrDefault();

    private static JsonNode? ToJson(YamlNode node) =>
        node switch
        {
            YamlMappingNode mapping => new JsonObject(
                mapping.Children.Select(pair => KeyValuePair.Create(pair.Key.ToString(), ToJson(pair.Value)))
            ),
            YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(ToJson)]),
            YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" or "false" } scalar => scalar.Value == "true",
            YamlScalarNode { Style: ScalarStyle.Plain } scalar when long.TryParse(scalar.Value, out long number) =>
                number,
            YamlScalarNode { Style: ScalarStyle.Plain, Value: "" or "null" or "~" } => null,
            YamlScalarNode scalar => scalar.Value,
            _ => null,
        };
}
