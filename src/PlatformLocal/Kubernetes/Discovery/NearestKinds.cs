namespace PlatformLocal.Kubernetes.Discovery;

/// <summary>Finds what somebody may have meant.</summary>
internal static class NearestKinds
{
    private const int Shown = 3;

    /// <summary>The kinds nearest to one that is unknown, such as <c>apps/v1 Deployment</c>; none when nothing is near.</summary>
    public static IReadOnlyList<string> Find(string apiVersion, string kind, IEnumerable<ResourceMapping> known) =>
        [
            .. known
                .Select(mapping => (mapping, distance: Nearest.Distance(mapping.Kind, kind)))
                .Where(entry => entry.distance <= Math.Max(1, kind.Length / 3))
                .OrderBy(entry => entry.distance)
                .ThenBy(entry => entry.mapping.Group != ApiGroup.Of(apiVersion))
                .ThenBy(entry => entry.mapping.ApiVersion, StringComparer.Ordinal)
                .Select(entry => $"{entry.mapping.ApiVersion} {entry.mapping.Kind}")
                .Distinct(StringComparer.Ordinal)
                .Take(Shown),
        ];
}
