namespace PlatformLocal.Kubernetes.Discovery;

/// <summary>Finds what somebody may have meant.</summary>
internal static class NearestKinds
{
    private const int Shown = 3;

    /// <summary>The kinds nearest to one that is unknown, such as <c>apps/v1 Deployment</c>; none when nothing is near.</summary>
    public static IReadOnlyList<string> Find(string apiVersion, string kind, IEnumerable<ResourceMapping> known) =>
        [
            .. known
                .Select(mapping => (mapping, distance: Distance(mapping.Kind, kind)))
                .Where(entry => entry.distance <= Math.Max(1, kind.Length / 3))
                .OrderBy(entry => entry.distance)
                .ThenBy(entry => entry.mapping.Group != ApiGroup.Of(apiVersion))
                .ThenBy(entry => entry.mapping.ApiVersion, StringComparer.Ordinal)
                .Select(entry => $"{entry.mapping.ApiVersion} {entry.mapping.Kind}")
                .Distinct(StringComparer.Ordinal)
                .Take(Shown),
        ];

    /// <summary>How many letters must be added, removed or replaced, without regard to case.</summary>
    internal static int Distance(string left, string right)
    {
        int[] previous = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 1; i <= left.Length; i++)
        {
            int[] current = new int[right.Length + 1];
            current[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int replace = char.ToUpperInvariant(left[i - 1]) == char.ToUpperInvariant(right[j - 1]) ? 0 : 1;
                current[j] = Math.Min(Math.Min(previous[j] + 1, current[j - 1] + 1), previous[j - 1] + replace);
            }
            previous = current;
        }
        return previous[right.Length];
    }
}
