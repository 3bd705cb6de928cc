using PlatformLocal.Core.Versions;

namespace PlatformLocal.Core.Resolution;

/// <summary>
/// The versions of one service that may be chosen, in the order of preference: releases from old to new, then, with dev
/// tags, development builds from old to new. Positions start at one: see <see cref="CandidateSet.Absent"/>.
/// </summary>
internal sealed class Candidates
{
    private readonly PlatformVersion[] _versions;
    private readonly int _releases;
    private readonly bool _releasesHavePrereleases;
    private readonly Dictionary<string, (CandidateSet Accepted, CandidateSet Refused)> _known = new(
        StringComparer.Ordinal
    );

    public Candidates(CatalogueService service, bool useDevTags)
    {
        var releases = Ordered(service.Versions);
        _releases = releases.Length;
        _releasesHavePrereleases = Array.Exists(releases, v => v.IsPrerelease);
        _versions = useDevTags ? [.. releases, .. Ordered(service.DevVersions)] : releases;
    }

    /// <summary>How many positions there are, absence included.</summary>
    public int Size => _versions.Length + 1;

    public CandidateSet All => CandidateSet.Range(1, Size);

    public PlatformVersion this[int position] => _versions[position - 1];

    public bool IsDevVersion(int position) => position > _releases;

    /// <summary>The position of a version: of its development build first, as that is preferred; zero if there is none.</summary>
    public int PositionOf(PlatformVersion version)
    {
        for (var i = _versions.Length; i > 0; i--)
        {
            if (_versions[i - 1] == version)
            {
                return i;
            }
        }

        return CandidateSet.Absent;
    }

    /// <summary>Other versions of the same precedence, by their texts.</summary>
    public IReadOnlyList<string> SameAs(int position)
    {
        var version = this[position];
        return
        [
            .. _versions
                .Where(v => v.EqualsInOrder(version) && v != version)
                .Select(v => v.Text)
                .Distinct(StringComparer.Ordinal),
        ];
    }

    /// <summary>The candidates that a constraint accepts.</summary>
    public CandidateSet AcceptedBy(VersionConstraint constraint) => Find(constraint).Accepted;

    /// <summary>The candidates that a constraint does not accept, absence among them.</summary>
    public CandidateSet RefusedBy(VersionConstraint constraint) => Find(constraint).Refused;

    private (CandidateSet Accepted, CandidateSet Refused) Find(VersionConstraint constraint)
    {
        if (!_known.TryGetValue(constraint.Text, out var known))
        {
            var accepted = CandidateSet.Empty;
            for (var i = 0; i < constraint.Alternatives.Count; i++)
            {
                var interval = constraint.Alternatives[i];
                var within = ReleasesIn(interval).Union(Within(interval, _releases, _versions.Length));
                accepted = accepted.Union(interval.Only is { } only ? Meant(within, only) : within);
            }

            _known[constraint.Text] = known = (accepted, accepted.Complement(Size));
        }

        return known;
    }

    /// <summary>
    /// Those of the same precedence that an exact version means: the one of that very text, else those of the build that it
    /// names, else all.
    /// </summary>
    private CandidateSet Meant(CandidateSet same, PlatformVersion only)
    {
        var named = CandidateSet.Empty;
        var built = CandidateSet.Empty;
        for (var i = 0; i < same.Ranges; i++)
        {
            var (from, to) = same.RangeAt(i);
            for (var position = from; position < to; position++)
            {
                var single = CandidateSet.Single(position);
                named = this[position] == only ? named.Union(single) : named;
                built = this[position].HasSameBuild(only) ? built.Union(single) : built;
            }
        }

        return !named.IsEmpty ? named
            : only.HasBuild ? built
            : same;
    }

    // A pre-release among the releases counts only where it is named: see VersionConstraint.Accepts.
    private CandidateSet ReleasesIn(VersionInterval interval)
    {
        var within = Within(interval, 0, _releases);
        if (!_releasesHavePrereleases || within.IsEmpty)
        {
            return within;
        }

        var (from, to) = within.RangeAt(0);
        var set = CandidateSet.Empty;
        for (var position = from; position < to; position++)
        {
            var version = this[position];
            if (!version.IsPrerelease || interval.NamesPrerelease(version))
            {
                set = set.Union(CandidateSet.Single(position));
            }
        }

        return set;
    }

    private CandidateSet Within(VersionInterval interval, int from, int to)
    {
        var first = interval.Minimum is { } minimum ? FirstAbove(minimum, interval.IncludesMinimum, from, to) : from;
        var end = interval.Maximum is { } maximum ? FirstAbove(maximum, !interval.IncludesMaximum, from, to) : to;
        return CandidateSet.Range(first + 1, end + 1);
    }

    private int FirstAbove(PlatformVersion bound, bool isIncluded, int from, int to)
    {
        while (from < to)
        {
            var middle = (from + to) / 2;
            var order = _versions[middle].ComparePrecedence(bound);
            if (order > 0 || (isIncluded && order == 0))
            {
                to = middle;
            }
            else
            {
                from = middle + 1;
            }
        }

        return from;
    }

    private static PlatformVersion[] Ordered(IReadOnlyList<PlatformVersion> versions)
    {
        for (var i = 1; i < versions.Count; i++)
        {
            if (versions[i - 1] >= versions[i])
            {
                return [.. versions.Distinct().Order()];
            }
        }

        return [.. versions];
    }
}
