namespace EmbeddedKubernetes.Protobuf;

/// <summary>One field on the wire.</summary>
/// <param name="Name">The JSON field; for an inlined message, its type.</param>
/// <param name="Inline">The message's fields belong to the object around it.</param>
/// <param name="Optional">A zero or empty value was meant, not left out.</param>
internal sealed record WireField(string Name, bool Inline, bool Optional);

/// <summary>
/// The field numbers Kubernetes' Go clients write. A line <c># group/version</c> opens a scope, <c>Type: name=1 other=2*</c>
/// gives the numbers; a star marks scalars that Go keeps by pointer, <c>^Type=3</c> a message whose fields are inlined in JSON.
/// </summary>
internal static class WireNumbers
{
    private static readonly Lazy<Dictionary<(string Scope, string Type), Dictionary<int, WireField>>> s_all = new(Read);

    public static Dictionary<int, WireField>? Of(string scope, string type) =>
        s_all.Value.GetValueOrDefault((scope, type))
        ?? s_all.Value.GetValueOrDefault(("core/v1", type))
        ?? s_all.Value.GetValueOrDefault(("meta/v1", type));

    private static Dictionary<(string, string), Dictionary<int, WireField>> Read()
    {
        var all = new Dictionary<(string, string), Dictionary<int, WireField>>();
        foreach (var text in (ReadOnlySpan<string>)[CoreNumbers.Text, WorkloadNumbers.Text, ClusterNumbers.Text])
        {
            var scope = "";
            var fields = new Dictionary<int, WireField>();
            foreach (var line in text.Split('\n'))
            {
                if (line.StartsWith("# ", StringComparison.Ordinal))
                {
                    scope = line[2..];
                    continue;
                }
                var rest = line;
                if (!line.StartsWith(' '))
                {
                    var colon = line.IndexOf(':', StringComparison.Ordinal);
                    all[(scope, line[..colon])] = fields = [];
                    rest = line[(colon + 1)..];
                }
                foreach (var token in rest.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    var sign = token.IndexOf('=', StringComparison.Ordinal);
                    var number = int.Parse(token.AsSpan(sign + 1).TrimEnd('*'), CultureInfo.InvariantCulture);
                    fields[number] = new(token[..sign].TrimStart('^'), token[0] == '^', token[^1] == '*');
                }
            }
        }
        return all;
    }
}
