using System.Text;
using PlatformLocal.Core.Versions;

namespace PlatformLocal.Benchmarks;

/// <summary>A synthetic catalogue as a workspace on disk.</summary>
internal static class SyntheticWorkspace
{
    public static void Write(string folder, int services, int versions)
    {
        var catalogue = SyntheticCatalogue.Layered(services, versions);
        var text = new StringBuilder("apiVersion: platform.local/v1alpha1\nkind: Catalogue\nservices:\n");
        foreach (var (name, service) in catalogue.Services)
        {
            var definition = Path.Combine(folder, "services", name);
            Directory.CreateDirectory(Path.Combine(definition, "infrastructure"));
            File.WriteAllText(
                Path.Combine(definition, "service.yaml"),
                $"apiVersion: platform.local/v1alpha1\nkind: ServiceDefinition\nmetadata: {{name: {name}}}\n"
                    + $"spec:\n  image: {service.Definition.Image}\n  manifests: infrastructure\n"
                    + $"  dependsOn: {Map(service.Definition.DependsOn)}\n"
            );
            File.WriteAllText(
                Path.Combine(definition, "infrastructure", "configuration.yaml"),
                $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{VERSION: \"${{SERVICE_VERSION}}\"}}\n"
            );
            text.Append($"  {name}:\n    versions: [{string.Join(", ", service.Versions)}]\n    dependsOn:\n");
            foreach (var (version, dependsOn) in service.DependsOnByVersion)
            {
                text.Append($"      {version}: {Map(dependsOn)}\n");
            }
        }

        File.WriteAllText(Path.Combine(folder, "catalogue.yaml"), text.ToString());
        // No registry is there, so that the same is measured whatever else the machine runs.
        File.WriteAllText(
            Path.Combine(folder, "platform.yaml"),
            "apiVersion: platform.local/v1alpha1\nkind: Platform\nmetadata: {name: synthetic}\nspec: {registry: \"localhost:1\"}\n"
        );
        var roots = SyntheticCatalogue.Roots(services).Select(r => $"\"{r.Key}\": \"{r.Value}\"");
        File.WriteAllText(
            Path.Combine(folder, "claim.json"),
            $"{{\"environment_name\": \"synthetic\", \"environment_type\": \"dev\", \"services\": {{{string.Join(", ", roots)}}}}}\n"
        );
    }

    private static string Map(IReadOnlyDictionary<string, VersionConstraint> constraints) =>
        $"{{{string.Join(", ", constraints.Select(c => $"{c.Key}: \"{c.Value}\""))}}}";
}
