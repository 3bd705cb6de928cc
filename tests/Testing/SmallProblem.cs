using PlatformLocal.Core.Resolution;
using PlatformLocal.Core.Versions;

namespace PlatformLocal.Testing;

/// <summary>A small problem of versions, and every answer it has: found by trying all of them.</summary>
public sealed record SmallProblem(
    Catalogue Catalogue,
    IReadOnlyDictionary<string, VersionConstraint> Roots,
    IReadOnlyDictionary<string, PlatformVersion> Locked
)
{
    /// <summary>Every choice of a version or none for every service that satisfies the claim and all dependencies.</summary>
    public IEnumerable<Dictionary<string, PlatformVersion>> Answers()
    {
        var services = Catalogue.Services.Keys.Order(StringComparer.Ordinal).ToList();
        var counts = services.ConvertAll(s => Catalogue.Services[s].Versions.Count + 1);
        var total = counts.Aggregate(1, (product, count) => product * count);
        for (var number = 0; number < total; number++)
        {
            var choice = new Dictionary<string, PlatformVersion>(StringComparer.Ordinal);
            var rest = number;
            for (var i = 0; i < services.Count; i++)
            {
                if (rest % counts[i] is > 0 and var version)
                {
                    choice[services[i]] = Catalogue.Services[services[i]].Versions[version - 1];
                }

                rest /= counts[i];
            }

            if (IsAnswer(choice))
            {
                yield return choice;
            }
        }
    }

    public bool IsAnswer(Dictionary<string, PlatformVersion> choice) =>
        Satisfies(choice, Roots)
        && choice.All(c => Satisfies(choice, Catalogue.Services[c.Key].DependenciesOf(c.Value)));

    public override string ToString() =>
        string.Join(
            "\n",
            Catalogue
                .Services.SelectMany(s =>
                    s.Value.Versions.Select(v => $"{s.Key} {v}: {Text(s.Value.DependenciesOf(v))}")
                )
                .Append($"claim: {Text(Roots)}")
                .Append($"lock: {string.Join(", ", Locked.Select(l => $"{l.Key} {l.Value}"))}")
        );

    private static bool Satisfies(
        Dictionary<string, PlatformVersion> choice,
        IReadOnlyDictionary<string, VersionConstraint> wanted
    ) => wanted.All(w => choice.TryGetValue(w.Key, out var version) && w.Value.Accepts(version));

    private static string Text(IReadOnlyDictionary<string, VersionConstraint> constraints) =>
        string.Join(", ", constraints.Select(c => $"{c.Key} '{c.Value}'"));
}
