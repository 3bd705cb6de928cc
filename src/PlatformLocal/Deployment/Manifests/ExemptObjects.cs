namespace PlatformLocal.Deployment.Manifests;

/// <summary>The objects of a file that are left out of substitution.</summary>
/// <param name="objects">The numbers of their documents, and which items of its list; empty for the document as a whole.</param>
internal readonly struct ExemptObjects(IReadOnlySet<(int Document, string Item)> objects)
{
    /// <summary>Whether a scalar belongs to one of them.</summary>
    public bool Contains(YamlScalar scalar) =>
        objects.Count > 0
        && (
            objects.Contains((scalar.Document, ""))
            || (scalar.Path is ["items", var item, ..] && objects.Contains((scalar.Document, item)))
        );
}
