namespace PlatformLocal.Deployment.Manifests;

/// <summary>The text of a manifest file.</summary>
/// <param name="File">Its path.</param>
/// <param name="Text">What is in it.</param>
/// <param name="Written">How its scalars were written, where it was built of other files; else <see langword="null"/>.</param>
internal sealed record ManifestText(string File, string Text, WrittenScalars? Written = null);

/// <summary>Builds a kustomization and returns its YAML.</summary>
/// <param name="folder">The folder with the kustomization.</param>
/// <param name="cancellationToken">Stops the build.</param>
public delegate Task<string> BuildKustomization(string folder, CancellationToken cancellationToken);

/// <summary>Finds the text of a service's manifests: plain files, or what its kustomization builds.</summary>
internal static class ManifestFiles
{
    // A service's manifests are written by people: what is larger is not a folder of manifests.
    private const int MaximumFiles = 1000;
    private const long MaximumBytes = 16 * 1024 * 1024;

    /// <summary>The service's manifest files.</summary>
    public static async Task<IReadOnlyList<ManifestText>> ReadAsync(
        ServiceDefinition service,
        BuildKustomization build,
        CancellationToken cancellationToken
    )
    {
        var folder = FolderOf(service);
        if (Kustomization.FileIn(folder) is { } kustomization)
        {
            var written = new WrittenScalars();
            foreach (var file in Kustomization.FilesOf(folder, service.Folder))
            {
                written.Add(await File.ReadAllTextAsync(file, cancellationToken), file);
            }

            return [new ManifestText(kustomization + " (built)", await build(folder, cancellationToken), written)];
        }

        var (files, fault) = Below(
            folder,
            service.Folder,
            "the",
            f => Path.GetExtension(f) is ".yaml" or ".yml" or ".json"
        );
        fault ??= files.Count == 0 ? $"the folder {folder} has no .yaml, .yml or .json files" : null;
        if (fault is not null)
        {
            throw Refuse(service, fault);
        }

        var texts = new List<ManifestText>(files.Count);
        foreach (var file in files)
        {
            texts.Add(new ManifestText(file, await File.ReadAllTextAsync(file, cancellationToken)));
        }

        return texts;
    }

    /// <summary>The files below a folder of a service, and what is wrong with them.</summary>
    public static (List<string> Files, string? Fault) Below(
        string folder,
        string root,
        string article,
        Func<string, bool> isWanted
    )
    {
        var files = Directory
            .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(isWanted)
            .Order(StringComparer.Ordinal)
            .Take(MaximumFiles + 1)
            .ToList();
        return (
            files,
            files.Count > MaximumFiles ? $"{article} folder {folder} has more than {MaximumFiles} files"
            : files.Sum(f => new FileInfo(f).Length) > MaximumBytes ? $"the files in {folder} have more than 16 MiB"
            : files.Find(f => SafePath.Inside(root, Path.GetRelativePath(root, f)) is null) is { } outside
                ? $"the file {outside} is a link that leads out of the service's folder"
            : null
        );
    }

    private static string FolderOf(ServiceDefinition service)
    {
        var folder =
            SafePath.Inside(service.Folder, service.Manifests)
            ?? throw Refuse(service, $"'{service.Manifests}' leads out of the service's folder");
        return Directory.Exists(folder) ? folder : throw Refuse(service, $"the folder {folder} does not exist");
    }

    private static InvalidDocumentException Refuse(ServiceDefinition service, string message) =>
        new(Path.Combine(service.Folder, "service.yaml"), [new Fault("spec.manifests", message)]);
}
