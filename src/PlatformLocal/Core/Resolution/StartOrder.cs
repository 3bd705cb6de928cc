namespace PlatformLocal.Core.Resolution;

/// <summary>The order in which services start: each after all that it depends on, as far as that can be.</summary>
internal static class StartOrder
{
    /// <summary>Orders services by their dependencies, and by name where these leave it open.</summary>
    /// <returns>The order, and each circle that was met as a path that ends where it begins.</returns>
    public static (List<string> Order, List<IReadOnlyList<string>> Circles) Of(
        IReadOnlyDictionary<string, IReadOnlyList<string>> dependencies
    )
    {
        var order = new List<string>(dependencies.Count);
        var circles = new List<IReadOnlyList<string>>();
        var position = new Dictionary<string, int>(dependencies.Count, StringComparer.Ordinal); // on the path; -1 when done
        var path = new List<(string Name, int Next)>();
        foreach (var start in dependencies.Keys.Order(StringComparer.Ordinal))
        {
            Enter(start);
            while (path.Count > 0)
            {
                var (name, next) = path[^1];
                if (next < dependencies[name].Count)
                {
                    path[^1] = (name, next + 1);
                    Enter(dependencies[name][next]);
                    continue;
                }

                path.RemoveAt(path.Count - 1);
                position[name] = -1;
                order.Add(name);
            }
        }

        return (order, circles);

        void Enter(string name)
        {
            if (!position.TryGetValue(name, out var at))
            {
                position[name] = path.Count;
                path.Add((name, 0));
            }
            else if (at >= 0)
            {
                circles.Add([.. path.Skip(at).Select(p => p.Name), name]);
            }
        }
    }
}
