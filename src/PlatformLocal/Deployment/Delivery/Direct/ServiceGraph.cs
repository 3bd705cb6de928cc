namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>Services that are applied together: one, or those that depend on each other in a circle.</summary>
/// <param name="Members">The services.</param>
/// <param name="DependsOn">The services outside of the group that must be ready before.</param>
internal sealed record ServiceGroup(IReadOnlyList<string> Members, IReadOnlyList<string> DependsOn);

/// <summary>Orders services by their dependencies (Tarjan's strongly connected components).</summary>
internal sealed class ServiceGraph
{
    private readonly IReadOnlyDictionary<string, IReadOnlyList<string>> _dependencies;
    private readonly Dictionary<string, int> _index = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _low = new(StringComparer.Ordinal);
    private readonly Stack<string> _open = new();
    private readonly HashSet<string> _isOpen = new(StringComparer.Ordinal);
    private readonly List<ServiceGroup> _groups = [];

    private ServiceGraph(IReadOnlyDictionary<string, IReadOnlyList<string>> dependencies) =>
        _dependencies = dependencies;

    /// <returns>The groups, each after all groups it depends on.</returns>
    public static IReadOnlyList<ServiceGroup> Order(IEnumerable<ServiceDelivery> services)
    {
        ServiceDelivery[] all = [.. services];
        var graph = new ServiceGraph(all.ToDictionary(s => s.Name, s => s.DependsOn, StringComparer.Ordinal));
        foreach (ServiceDelivery service in all)
        {
            if (!graph._index.ContainsKey(service.Name))
            {
                graph.Visit(service.Name);
            }
        }
        return graph._groups;
    }

    private void Visit(string root)
    {
        // An explicit stack: a chain of thousands of services must not exhaust the thread's.
        var path = new Stack<(string Service, int Next)>();
        Enter(root);
        while (path.TryPop(out (string Service, int Next) at))
        {
            (string service, int next) = at;
            IReadOnlyList<string> dependencies = _dependencies[service];
            if (next < dependencies.Count)
            {
                path.Push((service, next + 1));
                string dependency = dependencies[next];
                if (!_index.TryGetValue(dependency, out int index))
                {
                    Enter(dependency);
                }
                else if (_isOpen.Contains(dependency))
                {
                    _low[service] = Math.Min(_low[service], index);
                }
                continue;
            }
            if (_low[service] == _index[service])
            {
                Close(service);
            }
            if (path.TryPeek(out (string Service, int Next) parent))
            {
                _low[parent.Service] = Math.Min(_low[parent.Service], _low[service]);
            }
        }

        void Enter(string service)
        {
            _index[service] = _low[service] = _index.Count;
            _open.Push(service);
            _isOpen.Add(service);
            path.Push((service, 0));
        }
    }

    private void Close(string service)
    {
        var members = new List<string>();
        string member;
        do
        {
            member = _open.Pop();
            _isOpen.Remove(member);
            members.Add(member);
        } while (member != service);
        members.Reverse();
        string[] outside =
        [
            .. members
                .SelectMany(name => _dependencies[name])
                .Distinct(StringComparer.Ordinal)
                .Except(members, StringComparer.Ordinal),
        ];
        _groups.Add(new ServiceGroup(members, outside));
    }
}
