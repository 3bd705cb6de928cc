namespace PlatformLocal.Deployment.Manifests;

/// <summary>
/// How scalars with variables stand in the files that a kustomization is made of. What is built has lost the quotes of
/// <c>"${PORT}"</c>, and a text that was quoted stays a text.
/// </summary>
internal sealed class WrittenScalars
{
    private readonly Dictionary<string, List<(bool IsText, string[] Path)>> _written = new(StringComparer.Ordinal);

    /// <summary>Remembers the scalars of a file; one that is no YAML has none that could lose its quotes.</summary>
    public void Add(string text, string file)
    {
        if (!text.Contains("${", StringComparison.Ordinal))
        {
            return;
        }

        try
        {
            _ = YamlText.ParseAll(text, file, s => Remember(s, file));
        }
        catch (InvalidDocumentException)
        {
            // kubectl tells what is wrong with it.
        }
    }

    /// <summary>Whether a scalar of what was built was a text where it came from.</summary>
    /// <remarks>
    /// Of the same texts the one whose keys end like its own counts. One that stands nowhere was put together by kustomize,
    /// which only makes texts.
    /// </remarks>
    public bool IsText(YamlScalar built)
    {
        if (!_written.TryGetValue(built.Text, out var places))
        {
            return true;
        }

        var path = KeysOf(built.Path);
        var nearest = places.Max(p => CommonEnd(p.Path, path));
        return places.Exists(p => p.IsText && CommonEnd(p.Path, path) == nearest);
    }

    private YamlScalar Remember(YamlScalar scalar, string file)
    {
        if (scalar.Text.Contains("${", StringComparison.Ordinal))
        {
            if (!_written.TryGetValue(scalar.Text, out var places))
            {
                _written[scalar.Text] = places = [];
            }

            places.Add((scalar.IsText, KeysOf(scalar.Path)));
            if (scalar.Text.Contains('\n', StringComparison.Ordinal) && Kustomization.IsName(Path.GetFileName(file)))
            {
                // A patch that is written into the kustomization itself.
                Add(scalar.Text, "");
            }
        }

        return scalar;
    }

    private static string[] KeysOf(IReadOnlyList<string> path) => [.. path.Where(p => !p.StartsWith('['))];

    private static int CommonEnd(string[] one, string[] other)
    {
        var length = 0;
        while (length < one.Length && length < other.Length && one[^(length + 1)] == other[^(length + 1)])
        {
            length++;
        }

        return length;
    }
}
