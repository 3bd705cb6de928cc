namespace PlatformLocal.Deployment.Manifests;

/// <summary>The files that a kustomization is made of, which all are in the folder of its service.</summary>
internal static class Kustomization
{
    private static readonly string[] s_names = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

    // Fields that name files or folders, or hold them as texts of several lines.
    private static readonly string[] s_lists =
    [
        "resources",
        "bases",
        "components",
        "crds",
        "configurations",
        "generators",
        "transformers",
        "validators",
        "patchesStrategicMerge",
    ];

    private static readonly string[] s_withPath = ["patches", "patchesJson6902", "replacements", "openapi"];
    private static readonly string[] s_generators = ["configMapGenerator", "secretGenerator"];
    private static readonly string[] s_generatorFiles = ["files", "envs"];

    /// <summary>Whether a file is called as a kustomization is.</summary>
    public static bool IsName(string name) => s_names.Contains(name);

    /// <summary>The file of the kustomization in a folder; <see langword="null"/> when there is none.</summary>
    public static string? FileIn(string folder) =>
        s_names.Select(n => Path.Combine(folder, n)).FirstOrDefault(File.Exists);

    /// <summary>The files of a kustomization, those of the kustomizations that it is made of included.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="root">The folder that it must not leave.</param>
    /// <exception cref="InvalidDocumentException">
    /// It refers to something outside of the folder, or elsewhere, or is no YAML; names the file and all that is wrong.
    /// </exception>
    public static IReadOnlyList<string> FilesOf(string folder, string root)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        var faults = new ManifestFaults();
        var waiting = new Queue<string>([folder]);
        while (waiting.TryDequeue(out var next))
        {
            if (FileIn(next) is not { } file || !found.Add(file))
            {
                continue;
            }

            foreach (var (field, path) in ReferencesIn(file))
            {
                Follow(file, next, field, path);
            }
        }

        faults.ThrowIfAny();
        return [.. found];

        void Follow(string file, string from, string field, string path)
        {
            // Relative to the root the path may begin with "..", and still be inside.
            var full = Path.GetFullPath(Path.Combine(from, path));
            var fault =
                SafePath.Inside(root, Path.GetRelativePath(root, full)) is null
                    ? "leads out of the service's folder; copy what it needs into it"
                : !File.Exists(full) && !Directory.Exists(full)
                    ? "is no file or folder of the service; what is elsewhere, such as a remote base, is not fetched: copy it into the service's folder"
                : null;
            if (fault is not null)
            {
                faults.Add(file, new Fault(field, $"'{path}' {fault}"));
            }
            else if (Directory.Exists(full))
            {
                waiting.Enqueue(full);
            }
            else if (found.Add(full) && field is "generators" or "transformers" or "validators")
            {
                // What these files configure names files as a kustomization does.
                foreach (var (inner, reference) in ReferencesIn(full))
                {
                    Follow(full, from, inner, reference);
                }
            }
        }
    }

    private static IEnumerable<(string Field, string Path)> ReferencesIn(string file) =>
        YamlText
            .ParseAll(File.ReadAllText(file), file)
            .Select(d => d.Root)
            .OfType<JsonObject>()
            .SelectMany(ReferencesIn)
            .Where(r => !r.Path.Contains('\n', StringComparison.Ordinal));

    private static IEnumerable<(string Field, string Path)> ReferencesIn(JsonObject source)
    {
        var lists = s_lists.SelectMany(f => source.Texts(f).Select(p => (f, p)));
        var paths = s_withPath.SelectMany(f =>
            source.Items(f).Append(source.Child(f)).Select(o => o.Text("path")).OfType<string>().Select(p => (f, p))
        );
        var generated = s_generators
            .SelectMany(f => source.Items(f).Select(o => (f, o)))
            // The configuration of a generator is one itself.
            .Append((f: source.Text("kind") ?? "", o: source))
            .SelectMany(g => FilesIn(g.o).Select(p => (g.f, p)));
        return lists.Concat(paths).Concat(generated).Concat(source.Text("path") is { } path ? [("path", path)] : []);
    }

    private static IEnumerable<string> FilesIn(JsonObject generator) =>
        s_generatorFiles
            .SelectMany(generator.Texts)
            .Append(generator.Text("env"))
            .OfType<string>()
            // The key that the file becomes may stand before it.
            .Select(f => f[(f.IndexOf('=', StringComparison.Ordinal) + 1)..]);
}
