using PlatformLocal.Text;
using PlatformLocal.Versions;

namespace PlatformLocal.Resolution;

/// <summary>
/// Chooses one version for every service that is asked for and for everything these depend on: the newest that all
/// constraints accept, taking an older one only where the newest leads into a conflict.
/// </summary>
public sealed class Resolver
{
    // Far beyond what real catalogues need; a search that passes it would not end in a person's patience.
    private const int MaximumSteps = 200_000;

    private readonly Catalogue _catalogue;
    private readonly bool _useDevTags;
    private readonly List<string> _order = [];
    private readonly Dictionary<string, List<Demand>> _demands = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Candidate> _chosen = new(StringComparer.Ordinal);
    private PlatformException? _firstConflict;
    private int _steps;

    private Resolver(Catalogue catalogue, bool useDevTags)
    {
        _catalogue = catalogue;
        _useDevTags = useDevTags;
    }

    /// <summary>Resolves services and their dependencies.</summary>
    /// <param name="catalogue">Everything there is.</param>
    /// <param name="roots">The services that are asked for, with the versions that are acceptable.</param>
    /// <param name="useDevTags">Prefer development builds, newest first, over releases.</param>
    /// <exception cref="PlatformException">
    /// A service is unknown, two constraints exclude each other, or services depend on each other in a circle.
    /// </exception>
    public static ResolvedServices Resolve(
        Catalogue catalogue,
        IReadOnlyDictionary<string, VersionConstraint> roots,
        bool useDevTags
    )
    {
        var resolver = new Resolver(catalogue, useDevTags);
        foreach (var (name, constraint) in roots.OrderBy(r => r.Key, StringComparer.Ordinal))
        {
            resolver.AddDemand(name, new Demand(constraint, By: null));
        }

        if (!resolver.Solve(0))
        {
            throw resolver._firstConflict!;
        }

        return new ResolvedServices(resolver.InStartOrder());
    }

    private bool Solve(int index)
    {
        if (index == _order.Count)
        {
            return true;
        }

        if (++_steps > MaximumSteps)
        {
            throw new PlatformException(
                $"No set of versions was found in {MaximumSteps:N0} steps. The first conflict met: {_firstConflict?.Message}",
                "Name exact versions for the services in conflict."
            )
            {
                Kind = FailureKind.InvalidInput,
            };
        }

        var name = _order[index];
        foreach (var candidate in Candidates(name).Where(c => IsAccepted(name, c)))
        {
            var known = _order.Count;
            var dependencies = _catalogue.Services[name].DependenciesOf(candidate.Version);
            _chosen[name] = candidate;
            foreach (var (dependency, constraint) in dependencies)
            {
                AddDemand(dependency, new Demand(constraint, new Demander(name, candidate.Version)));
            }

            var conflict = dependencies.Keys.FirstOrDefault(d =>
                _chosen.TryGetValue(d, out var chosen) && !IsAccepted(d, chosen)
            );
            if (conflict is not null)
            {
                _firstConflict ??= Conflict(conflict);
            }
            else if (Solve(index + 1))
            {
                return true;
            }

            foreach (var dependency in dependencies.Keys)
            {
                _demands[dependency].RemoveAt(_demands[dependency].Count - 1);
            }

            _order.RemoveRange(known, _order.Count - known);
            _chosen.Remove(name);
        }

        _firstConflict ??= Conflict(name);
        return false;
    }

    private void AddDemand(string name, Demand demand)
    {
        if (!_catalogue.Services.ContainsKey(name))
        {
            throw Unknown(name, demand);
        }

        if (!_demands.TryGetValue(name, out var demands))
        {
            _demands[name] = demands = [];
        }

        if (demands.Count == 0)
        {
            _order.Add(name);
        }

        demands.Add(demand);
    }

    // Development builds come first when they are asked for: 'latest' then means the newest of them.
    private IEnumerable<Candidate> Candidates(string name)
    {
        var service = _catalogue.Services[name];
        var development = _useDevTags
            ? service.DevVersions.OrderDescending().Select(v => new Candidate(v, IsDevVersion: true))
            : [];
        return development.Concat(
            service.Versions.OrderDescending().Select(v => new Candidate(v, IsDevVersion: false))
        );
    }

    private bool IsAccepted(string name, Candidate candidate) => _demands[name].TrueForAll(d => d.Accepts(candidate));

    private PlatformException Unknown(string name, Demand demand)
    {
        var near = Nearest.To(name, _catalogue.Services.Keys);
        var whose = demand.By is { } by ? $"{by} depends on" : "The claim asks for";
        return new PlatformException(
            $"{whose} the service '{name}', which is not in the catalogue.",
            near.Count > 0
                ? $"Did you mean {string.Join(" or ", near)}?"
                : $"Known are: {string.Join(", ", _catalogue.Services.Keys.Order(StringComparer.Ordinal).Take(20))}."
        )
        {
            Kind = FailureKind.InvalidInput,
        };
    }

    private PlatformException Conflict(string name)
    {
        var all = Candidates(name).ToList();
        var demands = _demands[name];
        var available =
            all.Count == 0
                ? "it has no versions in the catalogue"
                : "available: "
                    + string.Join(", ", all.Take(8).Select(c => c.Version.Text))
                    + (all.Count > 8 ? ", …" : "");
        if (demands.Find(d => !all.Exists(d.Accepts)) is { } impossible)
        {
            var development = _catalogue.Services[name].DevVersions;
            return Refuse(
                $"No version of {name} satisfies '{impossible.Constraint}', which {impossible.Origin}; {available}.",
                !_useDevTags && development.Any(v => impossible.Constraint.Accepts(v, withPrereleases: true))
                    ? "There are development builds that would: add --use-dev-tags."
                    : "Ask for one of the available versions."
            );
        }

        foreach (var (one, other) in demands.SelectMany((d, i) => demands.Skip(i + 1).Select(o => (d, o))))
        {
            if (!all.Exists(c => one.Accepts(c) && other.Accepts(c)))
            {
                return Refuse(
                    $"No version of {name} satisfies both '{one.Constraint}', which {one.Origin}, "
                        + $"and '{other.Constraint}', which {other.Origin}; {available}.",
                    "Change one of the two."
                );
            }
        }

        var every = string.Join("; ", demands.Select(d => $"'{d.Constraint}', which {d.Origin}"));
        return Refuse($"No version of {name} satisfies all of: {every}; {available}.", "Change one of them.");
    }

    private static PlatformException Refuse(string message, string next) =>
        new(message, next) { Kind = FailureKind.InvalidInput };

    private List<ResolvedService> InStartOrder()
    {
        var done = new Dictionary<string, bool>(StringComparer.Ordinal);
        var path = new List<string>();
        var ordered = new List<ResolvedService>(_order.Count);
        foreach (var name in _order.Order(StringComparer.Ordinal))
        {
            Visit(name);
        }

        return ordered;

        void Visit(string name)
        {
            if (done.TryGetValue(name, out var finished))
            {
                if (!finished)
                {
                    var circle = path.Skip(path.IndexOf(name)).Append(name);
                    throw Refuse(
                        $"Services depend on each other in a circle: {string.Join(" → ", circle)}.",
                        "Take one of these dependencies out of its service.yaml."
                    );
                }

                return;
            }

            done[name] = false;
            path.Add(name);
            var dependencies = _catalogue.Services[name].DependenciesOf(_chosen[name].Version).Keys;
            foreach (var dependency in dependencies.Order(StringComparer.Ordinal))
            {
                Visit(dependency);
            }

            path.RemoveAt(path.Count - 1);
            done[name] = true;
            ordered.Add(
                new ResolvedService
                {
                    Definition = _catalogue.Services[name].Definition,
                    Version = _chosen[name].Version,
                    IsDevVersion = _chosen[name].IsDevVersion,
                    Reason = ReasonFor(name),
                    DependsOn = [.. dependencies.Order(StringComparer.Ordinal)],
                }
            );
        }
    }

    private string ReasonFor(string name)
    {
        var chosen = _chosen[name];
        var demands = _demands[name];
        var build = chosen.IsDevVersion ? "newest development build" : "newest";
        var who = string.Join(" and ", demands.Select(d => $"'{d.Constraint}', which {d.Origin},").Distinct());
        var reason = demands.Exists(d => d.Constraint.Exact is not null)
            ? $"asked for by {who.TrimEnd(',')}"
            : $"{build} that {who} accept{(demands.Count == 1 ? "s" : "")}";
        var newer = Candidates(name).TakeWhile(c => c != chosen).FirstOrDefault();
        if (newer is null)
        {
            return reason;
        }

        return demands.Find(d => !d.Accepts(newer)) is { } excluding
            ? $"{reason}; {newer.Version} is excluded by '{excluding.Constraint}', which {excluding.Origin}"
            : $"{reason}; {newer.Version} leads into a conflict further on";
    }

    private sealed record Candidate(PlatformVersion Version, bool IsDevVersion);

    private sealed record Demander(string Service, PlatformVersion Version)
    {
        public override string ToString() => $"{Service} {Version}";
    }

    private sealed record Demand(VersionConstraint Constraint, Demander? By)
    {
        public string Origin => By is null ? "the claim asks for" : $"{By} needs";

        public bool Accepts(Candidate candidate) => Constraint.Accepts(candidate.Version, candidate.IsDevVersion);
    }
}
