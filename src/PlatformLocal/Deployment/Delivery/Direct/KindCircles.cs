namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>An object of a service whose kind another service of the same delivery brings.</summary>
/// <param name="User">The service it belongs to.</param>
/// <param name="Item">The object: kind and name.</param>
/// <param name="ApiVersion">The kind's group and version.</param>
/// <param name="Bringer">The service that brings the kind.</param>
internal sealed record KindUse(string User, string Item, string ApiVersion, string Bringer);

/// <summary>Finds services that would wait for each other for ever: one for a kind, its bringer for what it depends on.</summary>
internal static class KindCircles
{
    public static IEnumerable<string> Of(IReadOnlyList<ServiceDelivery> services, IReadOnlyList<KindUse> uses)
    {
        Dictionary<string, IReadOnlyList<string>> before = ServiceGraph
            .Order(services)
            .SelectMany(group => group.Members.Select(member => (member, group.DependsOn)))
            .ToDictionary(pair => pair.member, pair => pair.DependsOn, StringComparer.Ordinal);
        ILookup<string, string> bringers = uses.ToLookup(use => use.User, use => use.Bringer, StringComparer.Ordinal);
        foreach (KindUse use in uses.DistinctBy(use => (use.User, use.Bringer)))
        {
            if (PathTo(use) is { } path)
            {
                yield return $"services.{use.User}: {use.Item}: its kind, of {use.ApiVersion}, comes with {use.Bringer}, "
                    + $"and {use.Bringer} waits for {string.Join(", which waits for ", path)}: neither can begin. "
                    + "Bring the definition with a service that does not depend on its user";
            }
        }

        // A service begins when all are ready that it depends on; it gets ready when the bringers of its kinds have begun.
        IReadOnlyList<string>? PathTo(KindUse use)
        {
            var from = new Dictionary<string, string?>(StringComparer.Ordinal);
            var open = new Queue<string>();
            Visit(use.Bringer, cause: null);
            while (open.TryDequeue(out string? service))
            {
                if (service == use.User)
                {
                    return Chain(service);
                }
                Visit(service, service);
                foreach (string bringer in bringers[service])
                {
                    Visit(bringer, service);
                }
            }
            return null;

            void Visit(string starting, string? cause)
            {
                foreach (string dependency in before[starting].Where(dependency => from.TryAdd(dependency, cause)))
                {
                    open.Enqueue(dependency);
                }
            }

            IReadOnlyList<string> Chain(string last)
            {
                var chain = new List<string>();
                for (string? at = last; at is not null; at = from[at])
                {
                    chain.Add(at);
                }
                chain.Reverse();
                return chain;
            }
        }
    }
}
