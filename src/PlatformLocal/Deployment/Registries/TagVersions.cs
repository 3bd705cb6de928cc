namespace PlatformLocal.Deployment.Registries;

/// <summary>Versions as tags of repositories, and back.</summary>
internal static class TagVersions
{
    /// <summary>The tag of a version: tags have no plus sign, and an underscore in its place as Helm writes it.</summary>
    /// <remarks>https://helm.sh/docs/topics/registries</remarks>
    public static string TagOf(string version) => version.Replace('+', '_');

    /// <summary>The versions among the tags of a registry's repository, ascending.</summary>
    public static IReadOnlyList<PlatformVersion> InRegistry(IEnumerable<string> tags) =>
        In(tags.Select(t => t.Replace('_', '+')));

    /// <summary>The versions among the tags of a git repository, ascending; others, such as <c>main</c>, are left out.</summary>
    public static IReadOnlyList<PlatformVersion> In(IEnumerable<string> tags) =>
        [
            .. tags.Select(t => PlatformVersion.TryParse(t, out var version) ? version : null)
                .OfType<PlatformVersion>()
                .Order(),
        ];
}
