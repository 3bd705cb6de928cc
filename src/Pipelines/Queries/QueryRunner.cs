using System.Text;
using System.Text.Json;

namespace Pipelines.Queries;

/// <summary>Reads chains: first the ids of objects among the arguments, level by level, then the value.</summary>
internal static class QueryRunner
{
    /// <summary>Reads on a thread of its own: an answer may take hours, and the pool's threads are for short work.</summary>
    public static Task<JsonElement> ReadAsync(Query query, string selection, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(
            () => Read(query, selection, cancellationToken),
            cancellationToken,
            TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
            TaskScheduler.Default
        );

    /// <summary>Reads and blocks meanwhile.</summary>
    public static JsonElement Read(Query query, string selection, CancellationToken cancellationToken)
    {
        Resolve(query, cancellationToken);
        var text = new StringBuilder("{");
        QueryText.Write(text, query, alias: null, selection, IdOf);
        var data = query.Transport.Send(text.Append('}').ToString(), cancellationToken);
        return Walk(data, query, alias: null);
    }

    // Objects that need the same objects first share a level, and a level is one request.
    private static void Resolve(Query query, CancellationToken cancellationToken)
    {
        var depths = new Dictionary<EngineObject, int>(ReferenceEqualityComparer.Instance);
        if (DepthOf(query, depths) == 0)
        {
            return;
        }

        foreach (var level in depths.Where(d => d.Value > 0).GroupBy(d => d.Value, d => d.Key).OrderBy(l => l.Key))
        {
            var same = new Dictionary<string, List<EngineObject>>(StringComparer.Ordinal);
            foreach (var one in level)
            {
                var chain = new StringBuilder();
                QueryText.Write(chain, one.Query, alias: null, "{id}", IdOf);
                if (!same.TryGetValue(chain.ToString(), out var objects))
                {
                    same.Add(chain.ToString(), objects = []);
                }

                objects.Add(one);
            }

            var text = new StringBuilder("{");
            var number = 0;
            foreach (var (chain, _) in same)
            {
                text.Append(number == 0 ? "" : " ").Append(Alias(number++)).Append(':').Append(chain);
            }

            var data = query.Transport.Send(text.Append('}').ToString(), cancellationToken);
            number = 0;
            foreach (var (_, objects) in same)
            {
                var id = Walk(data, objects[0].Query, Alias(number++)).GetProperty("id").GetString();
                objects.ForEach(o => o.KnownId = id);
            }
        }
    }

    private static string Alias(int number) => $"a{number}";

    private static string IdOf(EngineObject one) =>
        one.KnownId ?? throw new InvalidOperationException("The id of an argument was not asked for.");

    private static int DepthOf(Query query, Dictionary<EngineObject, int> depths)
    {
        var deepest = 0;
        for (var step = query; !step.IsRoot; step = step.Parent!)
        {
            foreach (var argument in step.Arguments)
            {
                foreach (var one in ObjectsIn(argument.Value))
                {
                    deepest = Math.Max(deepest, DepthOf(one, depths));
                }
            }
        }

        return deepest;
    }

    private static int DepthOf(EngineObject one, Dictionary<EngineObject, int> depths)
    {
        if (!depths.TryGetValue(one, out var depth))
        {
            depth = one.KnownId is null ? 1 + DepthOf(one.Query, depths) : 0;
            depths.Add(one, depth);
        }

        return depth;
    }

    private static IEnumerable<EngineObject> ObjectsIn(object value) =>
        value switch
        {
            EngineObject one => [one],
            IEnumerable<EngineObject> several => several,
            InputObject input => input.Values.SelectMany(v => ObjectsIn(v.Value)),
            _ => [],
        };

    private static JsonElement Walk(JsonElement data, Query query, string? alias)
    {
        var at = data;
        var isFirst = true;
        foreach (var step in query.Steps().Where(s => !s.IsTypeCondition))
        {
            var name = isFirst ? alias ?? step.Field : step.Field;
            isFirst = false;
            if (at.ValueKind == JsonValueKind.Null)
            {
                return at;
            }

            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
            {
                throw new PipelineException(
                    $"The engine's answer has no field '{name}'.",
                    "Its version may be one that this SDK does not know; see docs/pipelines.md."
                );
            }
        }

        return at;
    }
}
