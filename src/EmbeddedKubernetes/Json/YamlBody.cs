using System.Runtime.InteropServices;
using PlatformLocal.Core.Documents;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace EmbeddedKubernetes.Json;

/// <summary>Reads a YAML request body as JSON, as Kubernetes' own readers do: scalars by the rules of kubectl.</summary>
internal static class YamlBody
{
    // Aliases blow a small body up: what a client means stays far below these.
    private const int MaxNodes = 500_000;
    private const int MaxCharacters = 8 * 1024 * 1024;

    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    /// <exception cref="FormatException">The text is not one YAML document with scalar keys, or goes beyond a limit.</exception>
    public static JsonNode? Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return new DocumentReader(s_strict.GetString(utf8)).Read();
        }
        catch (Exception e)
            when (e is YamlException or EndOfStreamException or ArgumentException or InvalidOperationException)
        {
            // Beside its own, the parser lets out what it is made of throws on texts that it does not expect.
            throw new FormatException(e.Message, e);
        }
    }

    private static JsonValue? Value(Scalar scalar)
    {
        try
        {
            return !scalar.Tag.IsEmpty ? YamlScalars.Tagged(scalar.Tag.Value, scalar.Value)
                : scalar.Style is ScalarStyle.Plain or ScalarStyle.Any ? YamlScalars.Plain(scalar.Value)
                : JsonValue.Create(scalar.Value);
        }
        catch (FormatException e)
        {
            throw new YamlException(scalar.Start, scalar.End, e.Message, e);
        }
    }

    private static string Name(Scalar key)
    {
        var name = Value(key);
        return name?.GetValueKind() == JsonValueKind.String
            ? name.ToString()
            : YamlScalars.KeyOf(name)
                ?? throw new YamlException(key.Start, key.End, $"the key '{key.Value}' is no text: quote it");
    }

    /// <summary>Makes JSON of the parser's events as they come; a tree of YAML in between is built without limits.</summary>
    private sealed class DocumentReader(string text)
    {
        private readonly Parser _parser = new(new StringReader(text));
        private readonly Dictionary<AnchorName, (JsonNode? Node, Cost Cost)> _anchors = [];
        private Cost _spent;

        public JsonNode? Read()
        {
            _parser.Consume<StreamStart>();
            return _parser.TryConsume<DocumentStart>(out _) ? Next(0, out _) : null;
        }

        private JsonNode? Next(int depth, out int height)
        {
            var before = _spent;
            height = 1;
            if (_parser.TryConsume<AnchorAlias>(out var alias))
            {
                if (!_anchors.TryGetValue(alias.Value, out var known))
                {
                    throw new YamlException(alias.Start, alias.End, $"unknown anchor '{alias.Value}' referenced");
                }
                height = known.Cost.Height;
                Spend(known.Cost, depth + height, alias);
                return known.Node?.DeepClone();
            }
            var at = _parser.Consume<NodeEvent>();
            Spend(new(1, at is Scalar { Value.Length: var length } ? length : 0, 0), depth + 1, at);
            JsonNode? node = at switch
            {
                Scalar scalar => Value(scalar),
                SequenceStart => Sequence(depth, ref height),
                _ => Mapping(depth, ref height),
            };
            if (!at.Anchor.IsEmpty)
            {
                _anchors[at.Anchor] = (
                    node,
                    new(_spent.Nodes - before.Nodes, _spent.Characters - before.Characters, height)
                );
            }
            return node;
        }

        private JsonArray Sequence(int depth, ref int height)
        {
            var list = new JsonArray();
            while (!_parser.TryConsume<SequenceEnd>(out _))
            {
                list.Add(Next(depth + 1, out var below));
                height = Math.Max(height, below + 1);
            }
            return list;
        }

        private JsonObject Mapping(int depth, ref int height)
        {
            var map = new JsonObject();
            while (!_parser.TryConsume<MappingEnd>(out _))
            {
                if (!_parser.TryConsume<Scalar>(out var key))
                {
                    throw new YamlException(_parser.Current!.Start, _parser.Current.End, "a mapping key is no scalar");
                }
                Spend(new(0, key.Value.Length, 0), depth, key);
                var value = Next(depth + 1, out var below);
                height = Math.Max(height, below + 1);
                if (!map.TryAdd(Name(key), value))
                {
                    throw new YamlException(key.Start, key.End, $"key \"{key.Value}\" already set in map");
                }
            }
            return map;
        }

        private void Spend(Cost cost, int depth, ParsingEvent at)
        {
            _spent = new(_spent.Nodes + cost.Nodes, _spent.Characters + cost.Characters, 0);
            if (_spent.Nodes > MaxNodes || _spent.Characters > MaxCharacters)
            {
                throw new YamlException(at.Start, at.End, "document contains excessive aliasing");
            }
            if (depth > JsonAccess.MaxDepth)
            {
                throw new YamlException(at.Start, at.End, "exceeded max depth");
            }
        }
    }

    /// <summary>What a node takes, with all that is in it.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Cost(int Nodes, long Characters, int Height);
}
