using PlatformLocal.Core.Documents;

namespace PlatformLocal.Platform;

/// <summary>Files that are part of the program.</summary>
internal static class EmbeddedFiles
{
    /// <summary>The text of a file.</summary>
    public static string Read(string name)
    {
        using var stream =
            typeof(EmbeddedFiles).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"There is no file {name} in the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>The objects in a text of YAML.</summary>
    public static IReadOnlyList<JsonObject> Objects(string text, string name) =>
        [.. YamlText.ParseAll(text, name).Select(d => d.Root.AsObject())];
}
