namespace PlatformLocal.Deployment.Registries;

/// <summary>The versions among the tags of a repository.</summary>
/// <param name="Versions">The versions, ascending.</param>
/// <param name="Ignored">How many tags are no versions, such as <c>latest</c> or <c>main</c>.</param>
/// <param name="Doubles">Tags that are the same version as another one, which was taken in their place.</param>
internal sealed record TagVersions(IReadOnlyList<PlatformVersion> Versions, int Ignored, IReadOnlyList<string> Doubles)
{
    /// <summary>Sorts the versions out of tags; of two that are equal, the one written in full is taken.</summary>
    public static TagVersions Of(IReadOnlyCollection<string> tags)
    {
        var versions = tags.Select(t => PlatformVersion.TryParse(t, out var version) ? version : null)
            .OfType<PlatformVersion>()
            .OrderByDescending(v => v.Text.Length)
            .ThenBy(v => v.Text, StringComparer.Ordinal)
            .ToList();
        var distinct = versions.DistinctBy(v => v).ToList();
        var taken = distinct.Select(v => v.Text).ToHashSet(StringComparer.Ordinal);
        return new TagVersions(
            [.. distinct.Order()],
            tags.Count - versions.Count,
            [.. versions.Select(v => v.Text).Where(t => !taken.Contains(t))]
        );
    }
}
