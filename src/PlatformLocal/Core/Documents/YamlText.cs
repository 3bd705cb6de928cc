using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace PlatformLocal.Core.Documents;

/// <summary>One document of a YAML file.</summary>
/// <param name="Root">What it says, as JSON.</param>
/// <param name="Line">The line it starts at, from 1.</param>
public sealed record YamlDocumentText(JsonNode Root, int Line);

/// <summary>Entries of a map at the top of a document, taken out as they are read: a large file is never whole in memory.</summary>
/// <param name="Map">The map's key.</param>
/// <param name="Take">Takes an entry: its key and its value.</param>
public sealed record EachEntry(string Map, Action<string, JsonNode?> Take);

/// <summary>Reads YAML into JSON nodes by the rules that Kubernetes' tools use: YAML 1.1 scalars, no custom tags.</summary>
public static class YamlText
{
    // Aliases can blow a small file up: what a person writes stays far below this.
    private const int MaximumNodes = 500_000;
    private const int MaximumRepeatedCharacters = 8 * 1024 * 1024;

    /// <summary>All documents of a file; empty ones are left out.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="file">The file's path, for messages.</param>
    /// <param name="scalar">Changes each scalar's text before its type is decided: where templates are filled in.</param>
    /// <param name="each">Takes the entries of one large map out as they come.</param>
    /// <exception cref="InvalidDocumentException">The text is no YAML; names file, line and column.</exception>
    public static IReadOnlyList<YamlDocumentText> ParseAll(
        string text,
        string file,
        Func<string, string>? scalar = null,
        EachEntry? each = null
    )
    {
        try
        {
            return new DocumentReader(text, scalar, each).ReadAll();
        }
        catch (YamlException e)
        {
            throw Refuse(file, e.Start, (e.InnerException ?? e).Message);
        }
        catch (Exception e) when (e is EndOfStreamException or ArgumentException or InvalidOperationException)
        {
            // What the parser lets out of what it is made of, on texts that it does not expect.
            throw new InvalidDocumentException(file, [new Fault("", $"is not YAML: {e.Message}")]);
        }
    }

    /// <summary>The one object a file holds.</summary>
    /// <exception cref="InvalidDocumentException">The text is no YAML, or not exactly one object.</exception>
    public static JsonObject ParseObject(string text, string file, EachEntry? each = null) =>
        ParseAll(text, file, each: each) is [{ Root: JsonObject one }]
            ? one
            : throw new InvalidDocumentException(file, [new Fault("", "must hold exactly one YAML object")]);

    // The scalars of YAML 1.1 as Kubernetes' tools resolve them: 0644 is octal, yes and on are true.
    private static JsonValue? PlainScalar(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON":
                return JsonValue.Create(true);
            case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF":
                return JsonValue.Create(false);
        }

        var first = text[0];
        if (!char.IsAsciiDigit(first) && first is not ('-' or '+' or '.'))
        {
            return JsonValue.Create(text);
        }

        return Number(text) is { } integer ? JsonValue.Create(integer)
            : IsDecimal(text)
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number)
                ? JsonValue.Create(number)
            : JsonValue.Create(text);
    }

    private static bool IsDecimal(string text) =>
        text.Any(char.IsAsciiDigit) && text.All(c => char.IsAsciiDigit(c) || c is '.' or 'e' or 'E' or '-' or '+');

    private static long? Number(string text)
    {
        var negative = text[0] == '-';
        var digits = text[0] is '-' or '+' ? text[1..] : text;
        var (style, body) = digits switch
        {
            ['0', 'x' or 'X', .. var hexadecimal] => (16, hexadecimal),
            ['0', 'o' or 'O', .. var octal] => (8, octal),
            ['0', 'b' or 'B', .. var binary] => (2, binary),
            ['0', _, ..] when digits.All(char.IsAsciiDigit) => (8, digits[1..]),
            _ => (10, digits),
        };
        try
        {
            return body.Length == 0 || !body.All(char.IsAsciiHexDigit) || (style == 10 && !body.All(char.IsAsciiDigit))
                    ? null
                : style == 10 ? long.Parse((negative ? "-" : "") + body, CultureInfo.InvariantCulture)
                : System.Convert.ToInt64(body, style) * (negative ? -1 : 1);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            return null; // not an integer of 64 bits: it stays what it looks like otherwise
        }
    }

    private static InvalidDocumentException Refuse(string file, Mark at, string message) =>
        new(file, [new Fault("", $"line {at.Line}, column {at.Column}: {message}")]);

    /// <summary>
    /// Makes JSON of the parser's events as they come: catalogues are large, and a tree of YAML in between costs more than
    /// all the rest.
    /// </summary>
    private sealed class DocumentReader(string text, Func<string, string>? change, EachEntry? each)
    {
        private readonly Parser _parser = new(new StringReader(text));
        private readonly Dictionary<AnchorName, Anchored> _anchors = [];
        private int _budget = MaximumNodes;
        private long _characters;
        private long _repeated;

        public List<YamlDocumentText> ReadAll()
        {
            var documents = new List<YamlDocumentText>();
            _parser.Consume<StreamStart>();
            while (_parser.TryConsume<DocumentStart>(out _))
            {
                _anchors.Clear();
                var line = (int)_parser.Current!.Start.Line;
                if (Read(0, out _) is { } root)
                {
                    documents.Add(new YamlDocumentText(root, line));
                }

                _parser.Consume<DocumentEnd>();
            }

            return documents;
        }

        /// <summary>The next node.</summary>
        /// <param name="depth">How many nodes it is in.</param>
        /// <param name="height">How deep it goes itself.</param>
        private JsonNode? Read(int depth, out int height)
        {
            var at = _parser.Current!;
            Spend(1, depth, at);
            height = 1;
            var (nodesBefore, charactersBefore) = (_budget, _characters);
            JsonNode? node;
            switch (at)
            {
                case AnchorAlias alias:
                    _parser.MoveNext();
                    return Repeat(alias, depth, out height);
                case Scalar scalar:
                    _parser.MoveNext();
                    node = ValueOf(scalar);
                    break;
                case SequenceStart:
                    _parser.MoveNext();
                    var list = new JsonArray();
                    while (!_parser.TryConsume<SequenceEnd>(out _))
                    {
                        list.Add(Read(depth + 1, out var below));
                        height = Math.Max(height, below + 1);
                    }

                    node = list;
                    break;
                case MappingStart:
                    _parser.MoveNext();
                    node = ReadMap(depth, ref height);
                    break;
                default:
                    throw new YamlException(at.Start, at.End, "is a kind of node that is not supported");
            }

            if (at is NodeEvent { Anchor.IsEmpty: false } anchored)
            {
                _anchors[anchored.Anchor] = new Anchored(
                    node,
                    nodesBefore - _budget,
                    _characters - charactersBefore,
                    height
                );
            }

            return node;
        }

        private JsonObject ReadMap(int depth, ref int height)
        {
            var map = new JsonObject();
            List<JsonObject>? merged = null;
            while (!_parser.TryConsume<MappingEnd>(out _))
            {
                var (key, start) = ReadKey();
                var below = 0;
                var value =
                    depth == 0 && key.Value == each?.Map && start is MappingStart { Anchor.IsEmpty: true }
                        ? TakeOut(each)
                        : Read(depth + 1, out below);
                height = Math.Max(height, below + 1);
                if (key.Value == "<<")
                {
                    (merged ??= []).AddRange(SourcesOf(value, start));
                }
                else if (!map.TryAdd(change is null ? key.Value : change(key.Value), value))
                {
                    throw Duplicate(key);
                }
            }

            return merged is null ? map : Merge(merged, map);
        }

        /// <summary>Hands the entries of a map over one by one, and leaves it empty.</summary>
        private JsonObject TakeOut(EachEntry entries)
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            var merged = new List<JsonObject>();
            _parser.MoveNext();
            while (!_parser.TryConsume<MappingEnd>(out _))
            {
                var (key, at) = ReadKey();
                var value = Read(2, out _);
                if (key.Value == "<<")
                {
                    merged.AddRange(SourcesOf(value, at));
                }
                else if (seen.Add(key.Value))
                {
                    entries.Take(key.Value, value);
                }
                else
                {
                    throw Duplicate(key);
                }
            }

            foreach (var (name, value) in merged.SelectMany(m => m).Where(m => seen.Add(m.Key)))
            {
                entries.Take(name, value);
            }

            return [];
        }

        private (Scalar Key, ParsingEvent Value) ReadKey()
        {
            if (_parser.Current is not Scalar key)
            {
                throw new YamlException(_parser.Current!.Start, _parser.Current.End, "a key must be a text");
            }

            _characters += key.Value.Length;
            _parser.MoveNext();
            return (key, _parser.Current);
        }

        private static YamlException Duplicate(Scalar key) => new(key.Start, key.End, $"Duplicate key '{key.Value}'");

        private JsonNode? Repeat(AnchorAlias alias, int depth, out int height)
        {
            if (!_anchors.TryGetValue(alias.Value, out var known))
            {
                throw new YamlException(alias.Start, alias.End, $"nothing before it has the anchor '{alias.Value}'");
            }

            height = known.Height;
            _characters += known.Characters;
            _repeated += known.Characters;
            Spend(known.Nodes, depth + height - 1, alias);
            return known.Node?.DeepClone();
        }

        private void Spend(int nodes, int depth, ParsingEvent at)
        {
            _budget -= nodes;
            if (_budget < 0 || _repeated > MaximumRepeatedCharacters)
            {
                throw new YamlException(at.Start, at.End, "its aliases repeat too much");
            }

            if (depth >= JsonText.MaximumDepth * 2)
            {
                throw new YamlException(at.Start, at.End, "is nested too deeply");
            }
        }

        private JsonValue? ValueOf(Scalar scalar)
        {
            var value = change is null ? scalar.Value : change(scalar.Value);
            _characters += value.Length;
            var isText =
                scalar.Style != ScalarStyle.Plain
                || (!scalar.Tag.IsEmpty && scalar.Tag.Value is "!!str" or "tag:yaml.org,2002:str" or "!");
            return isText ? JsonValue.Create(value) : PlainScalar(value);
        }

        private static IEnumerable<JsonObject> SourcesOf(JsonNode? value, ParsingEvent at) =>
            value switch
            {
                JsonObject one => [one],
                JsonArray many when many.All(m => m is JsonObject) => many.Cast<JsonObject>(),
                _ => throw new YamlException(at.Start, at.End, "'<<' needs a map, or a list of maps"),
            };

        // What stands in the map itself wins, then the first of those that are merged.
        private static JsonObject Merge(List<JsonObject> merged, JsonObject own)
        {
            var map = new JsonObject();
            foreach (var (name, value) in merged.SelectMany(m => m))
            {
                if (!map.ContainsKey(name))
                {
                    map[name] = value?.DeepClone();
                }
            }

            foreach (var (name, value) in own.ToList())
            {
                own.Remove(name);
                map[name] = value;
            }

            return map;
        }

        /// <summary>What an alias stands for, with how many nodes and characters it has and how deep it goes.</summary>
        private sealed record Anchored(JsonNode? Node, int Nodes, long Characters, int Height);
    }
}
