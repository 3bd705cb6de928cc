namespace PlatformLocal.Platform.Steps;

/// <summary>Steps with their dependencies, proven to be an order without circles.</summary>
internal sealed class StepGraph
{
    private readonly Dictionary<string, Step> _byName;

    /// <summary>Puts steps in order.</summary>
    /// <param name="steps">The steps, in the order people should see where their dependencies leave a choice.</param>
    /// <exception cref="PlatformException">
    /// A name is used twice, a dependency does not exist, or steps depend on each other in a circle.
    /// </exception>
    public StepGraph(IEnumerable<Step> steps)
    {
        var all = steps.ToList();
        _byName = new Dictionary<string, Step>(StringComparer.Ordinal);
        var faults = new List<string>();
        foreach (var step in all)
        {
            if (!_byName.TryAdd(step.Name, step))
            {
                faults.Add($"the step '{step.Name}' is there twice");
            }
        }

        faults.AddRange(
            from step in all
            from name in step.DependsOn
            where !_byName.ContainsKey(name)
            select $"'{step.Name}' depends on '{name}', which is no step"
        );
        if (faults.Count > 0)
        {
            throw Invalid($"The steps cannot be put in order: {string.Join("; ", faults)}.");
        }

        Order = Sort(all);
    }

    /// <summary>All steps, each after those it depends on, otherwise as they were given.</summary>
    public IReadOnlyList<Step> Order { get; }

    /// <summary>The step of a name.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Step this[string name] => _byName[name];

    /// <summary>The chain of dependencies that took longest: to be faster as a whole, one of these must be faster.</summary>
    /// <param name="duration">How long each step took.</param>
    public IReadOnlyList<string> CriticalPath(Func<string, TimeSpan> duration)
    {
        var longest = new Dictionary<string, (TimeSpan Total, string? Before)>(StringComparer.Ordinal);
        foreach (var step in Order)
        {
            string? before = step.DependsOn.MaxBy(name => longest[name].Total);
            var total = duration(step.Name) + (before is null ? TimeSpan.Zero : longest[before].Total);
            longest[step.Name] = (total, before);
        }

        var path = new List<string>();
        for (string? at = Order.MaxBy(s => longest[s.Name].Total)?.Name; at is not null; at = longest[at].Before)
        {
            path.Add(at);
        }

        path.Reverse();
        return path;
    }

    private List<Step> Sort(List<Step> all)
    {
        var sorted = new List<Step>(all.Count);
        var done = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new LinkedList<Step>(all);
        while (waiting.Count > 0)
        {
            // The first that can go: keeps the given order wherever dependencies allow it.
            var next = waiting.First;
            while (next is not null && !next.Value.DependsOn.All(done.Contains))
            {
                next = next.Next;
            }

            if (next is null)
            {
                throw Invalid($"Steps depend on each other in a circle: {string.Join(" → ", Circle(waiting))}.");
            }

            waiting.Remove(next);
            sorted.Add(next.Value);
            done.Add(next.Value.Name);
        }

        return sorted;
    }

    /// <summary>Every step left waits for another one left: following those must come back to one seen before.</summary>
    private static List<string> Circle(IEnumerable<Step> left)
    {
        var byName = left.ToDictionary(s => s.Name, StringComparer.Ordinal);
        var path = new List<string>();
        string at = byName.Keys.First();
        while (!path.Contains(at, StringComparer.Ordinal))
        {
            path.Add(at);
            at = byName[at].DependsOn.First(byName.ContainsKey);
        }

        path.RemoveRange(0, path.IndexOf(at));
        path.Add(at);
        return path;
    }

    private static PlatformException Invalid(string message) => new(FailureKind.InvalidInput, message);
}
