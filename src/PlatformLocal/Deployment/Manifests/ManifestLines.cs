namespace PlatformLocal.Deployment.Manifests;

/// <summary>Where the fields of a manifest file stand: it is read a second time for that, and only when somebody asks.</summary>
internal sealed class ManifestLines(ManifestText file)
{
    private Dictionary<(int Document, string Path), int>? _lines;

    /// <summary>The line of a field; that of its document where no line of its own is known, as of what an alias brings.</summary>
    /// <param name="document">The document.</param>
    /// <param name="path">The field, such as <c>items[0].data.port</c>.</param>
    public int Of(YamlDocumentText document, string path)
    {
        if (_lines is null)
        {
            _lines = [];
            _ = YamlText.ParseAll(file.Text, file.File, Remember);
        }

        return _lines.TryGetValue((document.Number, path), out var line) ? line
            : _lines.TryGetValue((document.Number, $"{path}[0]"), out var first) ? first
            : document.Line;
    }

    // A key has the path of its map: of a map its first line is remembered.
    private YamlScalar Remember(YamlScalar scalar)
    {
        var path = new StringBuilder();
        foreach (var part in scalar.Path)
        {
            path.Append(path.Length == 0 || part.StartsWith('[') ? "" : ".").Append(part);
        }

        _lines!.TryAdd((scalar.Document, path.ToString()), scalar.Line);
        return scalar;
    }
}
