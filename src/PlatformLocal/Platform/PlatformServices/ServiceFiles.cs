using PlatformLocal.Core.Documents;
using PlatformLocal.Deployment.Manifests;

namespace PlatformLocal.Platform.PlatformServices;

/// <summary>The YAML files beside the services' definitions; they are part of the program.</summary>
internal static class ServiceFiles
{
    /// <summary>The one object of a file.</summary>
    public static JsonObject ReadObject(string folder, string file) => YamlText.ParseObject(Read(folder, file), file);

    /// <summary>The objects of a service's own manifests, with its values filled in.</summary>
    /// <exception cref="InvalidDocumentException">A value is missing or not a plain one.</exception>
    public static IReadOnlyList<JsonObject> ReadManifests(string folder, JsonObject values)
    {
        const string file = "manifests.yaml";
        var variables = values.ToDictionary(
            v => v.Key,
            v =>
                v.Value is JsonValue plain
                    ? plain.ToString()
                    : throw new InvalidDocumentException(
                        $"the values of {folder}",
                        [new Fault(v.Key, "must be a text, a number, true or false")]
                    ),
            StringComparer.Ordinal
        );
        var substitution = new Substitution(variables);
        var documents = YamlText.ParseAll(Read(folder, file), file, substitution.Apply);
        return substitution.Unset.Count == 0
            ? [.. documents.Select(d => d.Root.AsObject())]
            : throw new InvalidDocumentException(
                $"the values of {folder}",
                [.. substitution.Unset.Select(name => new Fault(name, "is required"))]
            );
    }

    private static string Read(string folder, string file) => EmbeddedFiles.Read($"PlatformServices.{folder}.{file}");
}
