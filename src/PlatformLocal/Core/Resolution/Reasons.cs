using PlatformLocal.Core.Versions;

namespace PlatformLocal.Core.Resolution;

/// <summary>Why each version was chosen, for people.</summary>
internal sealed class Reasons
{
    private readonly IReadOnlyDictionary<string, ServiceState> _chosen;
    private readonly ResolutionOptions _options;
    private readonly Dictionary<string, List<Demand>> _demands;
    private readonly StringBuilder _text = new();

    public Reasons(
        IReadOnlyDictionary<string, ServiceState> chosen,
        IReadOnlyDictionary<string, VersionConstraint> roots,
        ResolutionOptions options
    )
    {
        _chosen = chosen;
        _options = options;
        _demands = new(chosen.Count, StringComparer.Ordinal);
        foreach (var (name, constraint) in roots)
        {
            Add(name, new Demand(constraint, By: null, options.AskerOf(name)));
        }

        foreach (var by in chosen.Values.OrderBy(s => s.Name, StringComparer.Ordinal))
        {
            foreach (var (name, constraint) in by.DependenciesOf(by.Chosen))
            {
                Add(name, new Demand(constraint, by));
            }
        }
    }

    public string Of(ServiceState service)
    {
        var candidates = service.Candidates;
        var demands = _demands[service.Name];
        var who = Who(demands);
        var accept = demands.Count == 1 ? "accepts" : "accept";
        var newest = candidates.Size - 1;
        if (demands.Exists(d => d.Constraint.Exact is not null))
        {
            return $"asked for by {who.TrimEnd(',')}{Excluded(service, demands, newest)}";
        }

        var accepted = demands.Aggregate(
            candidates.All,
            (set, d) => set.Intersect(candidates.AcceptedBy(d.Constraint))
        );
        if (service.Chosen < accepted.Last && IsKept(service))
        {
            return $"kept from the lock, and {who} {accept} it; {candidates[accepted.Last]} is newer: an upgrade takes it";
        }

        var build = candidates.IsDevVersion(service.Chosen) ? "newest development build" : "newest";
        return $"{build} that {who} {accept}{Excluded(service, demands, newest)}";
    }

    private string Who(List<Demand> demands)
    {
        _text.Clear();
        foreach (var demand in demands)
        {
            _text.Append(_text.Length == 0 ? "'" : " and '").Append(demand.Constraint.Text).Append("', which ");
            demand.WriteOrigin(_text);
            _text.Append(',');
        }

        return _text.ToString();
    }

    private bool IsKept(ServiceState service) =>
        !_options.Upgrade.Contains(service.Name)
        && _options.Locked.TryGetValue(service.Name, out var locked)
        && locked == service.Candidates[service.Chosen];

    private string Excluded(ServiceState service, List<Demand> demands, int newest)
    {
        if (service.Chosen == newest)
        {
            return "";
        }

        var candidates = service.Candidates;
        if (demands.Find(d => !candidates.AcceptedBy(d.Constraint).Contains(newest)) is { } excluding)
        {
            _text.Clear();
            excluding.WriteOrigin(_text);
            return $"; {candidates[newest]} is excluded by '{excluding.Constraint}', which {_text}";
        }

        foreach (var (name, constraint) in service.DependenciesOf(newest).OrderBy(d => d.Key, StringComparer.Ordinal))
        {
            if (
                _chosen.TryGetValue(name, out var other)
                && !other.Candidates.AcceptedBy(constraint).Contains(other.Chosen)
            )
            {
                return $"; {candidates[newest]} needs {name} '{constraint}', and {name} is {other.Candidates[other.Chosen]}";
            }
        }

        return $"; {candidates[newest]} leads into a conflict further on";
    }

    private void Add(string name, Demand demand)
    {
        if (!_demands.TryGetValue(name, out var demands))
        {
            _demands[name] = demands = [];
        }

        demands.Add(demand);
    }

    private sealed record Demand(VersionConstraint Constraint, ServiceState? By, string Asks = "")
    {
        public void WriteOrigin(StringBuilder into)
        {
            if (By is null)
            {
                into.Append(Asks);
            }
            else
            {
                into.Append(By.Name).Append(' ').Append(By.Candidates[By.Chosen].Text).Append(" needs");
            }
        }
    }
}
