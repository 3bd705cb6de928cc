using System.Diagnostics;

namespace PlatformLocal.Core.Resolution;

/// <summary>
/// A set of the candidates of one service: a union of ranges over their positions in the order of preference. Position
/// zero stands for "not deployed at all", so that a set can say both "one of these" and "none, or one of these".
/// </summary>
internal readonly struct CandidateSet : IEquatable<CandidateSet>
{
    /// <summary>The position that stands for the service not being deployed.</summary>
    public const int Absent = 0;

    // Where membership changes: [from, to) pairs, ascending, never touching each other.
    private readonly int[]? _bounds;

    private CandidateSet(int[] bounds) => _bounds = bounds;

    public static CandidateSet Empty { get; } = new([]);

    public bool IsEmpty => Bounds.Length == 0;

    /// <summary>How many ranges it is made of.</summary>
    public int Ranges => Bounds.Length / 2;

    /// <summary>The most preferred position; the set must not be empty.</summary>
    public int Last => Bounds[^1] - 1;

    public bool AllowsAbsence => Bounds.Length > 0 && Bounds[0] == Absent;

    public int Count
    {
        get
        {
            var count = 0;
            for (var i = 0; i < Bounds.Length; i += 2)
            {
                count += Bounds[i + 1] - Bounds[i];
            }

            return count;
        }
    }

    private int[] Bounds => _bounds ?? [];

    /// <summary>The positions from one up to, without, another.</summary>
    public static CandidateSet Range(int from, int to) => from < to ? new([from, to]) : Empty;

    public static CandidateSet Single(int position) => new([position, position + 1]);

    /// <summary>The range with a number, counted from zero.</summary>
    public (int From, int To) RangeAt(int index) => (Bounds[2 * index], Bounds[(2 * index) + 1]);

    public bool Contains(int position)
    {
        for (var i = 0; i < Bounds.Length; i += 2)
        {
            if (position < Bounds[i + 1])
            {
                return position >= Bounds[i];
            }
        }

        return false;
    }

    /// <summary>Everything that is not in the set.</summary>
    /// <param name="size">How many positions there are.</param>
    public CandidateSet Complement(int size)
    {
        // Membership toggles at each bound; toggling at both ends as well turns it around.
        var bounds = Bounds;
        var startsInside = bounds.Length > 0 && bounds[0] == 0;
        var endsInside = bounds.Length > 0 && bounds[^1] == size;
        var inner = bounds.AsSpan(startsInside ? 1 : 0);
        inner = endsInside ? inner[..^1] : inner;
        var result = new int[inner.Length + (startsInside ? 0 : 1) + (endsInside ? 0 : 1)];
        inner.CopyTo(result.AsSpan(startsInside ? 0 : 1));
        if (!startsInside)
        {
            result[0] = 0;
        }

        if (!endsInside)
        {
            result[^1] = size;
        }

        Debug.Assert(result.Length % 2 == 0, "a bound opens a range and the next closes it");
        return new CandidateSet(result);
    }

    public CandidateSet Intersect(CandidateSet other)
    {
        if (IsSubsetOf(other))
        {
            return this;
        }

        if (other.IsSubsetOf(this))
        {
            return other;
        }

        var (a, b) = (Bounds, other.Bounds);
        var result = new List<int>(a.Length + b.Length);
        for (int i = 0, j = 0; i < a.Length && j < b.Length; )
        {
            var from = Math.Max(a[i], b[j]);
            var to = Math.Min(a[i + 1], b[j + 1]);
            if (from < to)
            {
                result.Add(from);
                result.Add(to);
            }

            if (a[i + 1] < b[j + 1])
            {
                i += 2;
            }
            else
            {
                j += 2;
            }
        }

        return new CandidateSet([.. result]);
    }

    public CandidateSet Union(CandidateSet other)
    {
        if (other.IsSubsetOf(this))
        {
            return this;
        }

        if (IsSubsetOf(other))
        {
            return other;
        }

        var (a, b) = (Bounds, other.Bounds);
        var result = new List<int>(a.Length + b.Length);
        for (int i = 0, j = 0; i < a.Length || j < b.Length; )
        {
            var takesFirst = j >= b.Length || (i < a.Length && a[i] <= b[j]);
            var (from, to) = takesFirst ? (a[i], a[i + 1]) : (b[j], b[j + 1]);
            (i, j) = takesFirst ? (i + 2, j) : (i, j + 2);
            if (result.Count > 0 && from <= result[^1])
            {
                result[^1] = Math.Max(result[^1], to);
            }
            else
            {
                result.Add(from);
                result.Add(to);
            }
        }

        return new CandidateSet([.. result]);
    }

    public bool IsSubsetOf(CandidateSet other)
    {
        var (a, b) = (Bounds, other.Bounds);
        var j = 0;
        for (var i = 0; i < a.Length; i += 2)
        {
            while (j < b.Length && b[j + 1] < a[i + 1])
            {
                j += 2;
            }

            if (j >= b.Length || b[j] > a[i])
            {
                return false;
            }
        }

        return true;
    }

    public bool IsDisjointFrom(CandidateSet other)
    {
        var (a, b) = (Bounds, other.Bounds);
        for (int i = 0, j = 0; i < a.Length && j < b.Length; )
        {
            if (a[i] < b[j + 1] && b[j] < a[i + 1])
            {
                return false;
            }

            if (a[i + 1] < b[j + 1])
            {
                i += 2;
            }
            else
            {
                j += 2;
            }
        }

        return true;
    }

    public bool Equals(CandidateSet other) => Bounds.AsSpan().SequenceEqual(other.Bounds);

    public override bool Equals(object? obj) => obj is CandidateSet other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var bound in Bounds)
        {
            hash.Add(bound);
        }

        return hash.ToHashCode();
    }
}
