namespace PlatformLocal.Core.Text;

/// <summary>Finds the names a person probably meant.</summary>
public static class Nearest
{
    /// <summary>The candidates that are near enough to be a slip of the finger, nearest first, at most three.</summary>
    /// <param name="name">What was written.</param>
    /// <param name="candidates">The names there are.</param>
    public static IReadOnlyList<string> To(string name, IEnumerable<string> candidates) =>
        [
            .. candidates
                .Select(c => (Name: c, Distance: Distance(name, c)))
                .Where(c => c.Distance <= Math.Max(2, name.Length / 3))
                .OrderBy(c => c.Distance)
                .ThenBy(c => c.Name, StringComparer.Ordinal)
                .Take(3)
                .Select(c => c.Name),
        ];

    /// <summary>The Levenshtein distance of two names, whatever their case.</summary>
    public static int Distance(string a, string b)
    {
        var previous = new int[b.Length + 1];
        var current = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            previous[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1;
                current[j] = Math.Min(Math.Min(current[j - 1], previous[j]) + 1, previous[j - 1] + cost);
            }

            (previous, current) = (current, previous);
        }

        return previous[b.Length];
    }
}
