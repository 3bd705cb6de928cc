using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace PlatformLocal.Core.Documents;

/// <summary>One document of a YAML file.</summary>
/// <param name="Root">What it says, as JSON.</param>
/// <param name="Line">The line it starts at, from 1.</param>
/// <param name="Number">Its number in the file, from 0; empty ones count.</param>
public sealed record YamlDocumentText(JsonNode Root, int Line, int Number);

/// <summary>Entries of a map at the top of a document, taken out as they are read: a large file is never whole in memory.</summary>
/// <param name="Map">The map's key.</param>
/// <param name="Take">Takes an entry: its key and its value.</param>
public sealed record EachEntry(string Map, Action<string, JsonNode?> Take);

/// <summary>A scalar as it stands in a file, before its type is decided.</summary>
/// <param name="Text">Its text.</param>
/// <param name="IsText">Whether it is a text whatever it looks like: because it is quoted, as a rule.</param>
/// <param name="Document">The number of its document in the file, from 0.</param>
/// <param name="Path">The keys that lead to it, and places in lists such as <c>[2]</c>; good only while it is looked at.</param>
public readonly record struct YamlScalar(string Text, bool IsText, int Document, IReadOnlyList<string> Path)
{
    /// <summary>The line it starts at, from 1.</summary>
    public int Line { get; init; }
}

/// <summary>A fault within the text of a scalar.</summary>
/// <param name="message">What is wrong.</param>
/// <param name="offset">Where in the text, in characters.</param>
public sealed class YamlScalarException(string message, int offset) : FormatException(message)
{
    /// <summary>Where in the text, in characters.</summary>
    public int Offset { get; } = offset;
}

/// <summary>Reads YAML into JSON nodes by the rules that Kubernetes' tools use: YAML 1.1 scalars, no custom tags.</summary>
public static class YamlText
{
    // Aliases can blow a small file up: what a person writes stays far below this.
    private const int MaximumNodes = 500_000;
    private const int MaximumRepeatedCharacters = 8 * 1024 * 1024;

    /// <summary>All documents of a file with objects for Kubernetes; empty ones are left out.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="file">The file's path, for messages.</param>
    /// <param name="change">Changes each scalar before its type is decided: where templates are filled in.</param>
    /// <exception cref="InvalidDocumentException">The text is no YAML; names file, line and column.</exception>
    public static IReadOnlyList<YamlDocumentText> ParseAll(
        string text,
        string file,
        Func<YamlScalar, YamlScalar>? change = null
    ) => Read(text, file, change, resolvesKeys: true, each: null);

    private static List<YamlDocumentText> Read(
        string text,
        string file,
        Func<YamlScalar, YamlScalar>? change,
        bool resolvesKeys,
        EachEntry? each
    )
    {
        var reader = new DocumentReader(text, change, resolvesKeys, each);
        try
        {
            var documents = reader.ReadAll();
            return reader.Faults.Count == 0 ? documents : throw new InvalidDocumentException(file, reader.Faults);
        }
        catch (YamlException e)
        {
            var fault = At(e.Start.Line, e.Start.Column, (e.InnerException ?? e).Message);
            throw new InvalidDocumentException(file, [.. reader.Faults, new Fault("", fault)]);
        }
        catch (Exception e) when (e is EndOfStreamException or ArgumentException or InvalidOperationException)
        {
            // What the parser lets out of what it is made of, on texts that it does not expect.
            throw new InvalidDocumentException(file, [new Fault("", $"is not YAML: {e.Message}")]);
        }
    }

    /// <summary>The one object a file of the platform holds; its keys are what is written.</summary>
    /// <exception cref="InvalidDocumentException">The text is no YAML, or not exactly one object.</exception>
    public static JsonObject ParseObject(string text, string file, EachEntry? each = null) =>
        Read(text, file, change: null, resolvesKeys: false, each) is [{ Root: JsonObject one }]
            ? one
            : throw new InvalidDocumentException(file, [new Fault("", "must hold exactly one YAML object")]);

    private static string At(long line, long column, string message) => $"line {line}, column {column}: {message}";

    /// <summary>
    /// Makes JSON of the parser's events as they come: catalogues are large, and a tree of YAML in between costs more than
    /// all the rest.
    /// </summary>
    private sealed class DocumentReader(
        string text,
        Func<YamlScalar, YamlScalar>? change,
        bool resolvesKeys,
        EachEntry? each
    )
    {
        private readonly List<string> _path = [];
        private int _document = -1;
        private readonly Parser _parser = new(new StringReader(text));
        private readonly Dictionary<AnchorName, Anchored> _anchors = [];
        private int _budget = MaximumNodes;
        private long _characters;
        private long _repeated;

        public List<Fault> Faults { get; } = [];

        public List<YamlDocumentText> ReadAll()
        {
            var documents = new List<YamlDocumentText>();
            _parser.Consume<StreamStart>();
            while (_parser.TryConsume<DocumentStart>(out _))
            {
                _anchors.Clear();
                _document++;
                var line = (int)_parser.Current!.Start.Line;
                if (Read(0, out _) is { } root)
                {
                    documents.Add(new YamlDocumentText(root, line, _document));
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
                        _path.Add(change is null ? "" : $"[{list.Count}]");
                        list.Add(Read(depth + 1, out var below));
                        _path.RemoveAt(_path.Count - 1);
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
                _path.Add(key.Value);
                var below = 0;
                var value =
                    depth == 0 && key.Value == each?.Map && start is MappingStart { Anchor.IsEmpty: true }
                        ? TakeOut(each)
                        : Read(depth + 1, out below);
                _path.RemoveAt(_path.Count - 1);
                height = Math.Max(height, below + 1);
                if (key.Value == "<<")
                {
                    (merged ??= []).AddRange(SourcesOf(value, start));
                }
                else if (!map.TryAdd(NameOf(key), value))
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
            try
            {
                var isPlain = scalar is { Style: ScalarStyle.Plain, Tag.IsEmpty: true };
                var found = new YamlScalar(scalar.Value, !isPlain, _document, _path) { Line = (int)scalar.Start.Line };
                var (value, isText, _, _) = change is null ? found : change(found);
                _characters += value.Length;
                return !scalar.Tag.IsEmpty ? YamlScalars.Tagged(scalar.Tag.Value, value)
                    : isText ? JsonValue.Create(value)
                    : YamlScalars.Plain(value);
            }
            catch (YamlScalarException e)
            {
                var line = scalar.Start.Line + LinesBefore(scalar, e.Offset);
                Faults.Add(new Fault("", At(line, scalar.Start.Column, e.Message)));
                return null;
            }
            catch (FormatException e)
            {
                throw new YamlException(scalar.Start, scalar.End, e.Message, e);
            }
        }

        private string NameOf(Scalar key)
        {
            if (change is null && (!resolvesKeys || key.Style != ScalarStyle.Plain))
            {
                return key.Value;
            }

            var before = Faults.Count;
            var name = ValueOf(key);
            if (Faults.Count > before)
            {
                return key.Value;
            }

            return name is null || (resolvesKeys && name.GetValueKind() != JsonValueKind.String)
                ? YamlScalars.KeyOf(name)
                    ?? throw new YamlException(key.Start, key.End, $"the key '{key.Value}' is no text: quote it")
                : name.ToString();
        }

        // Only texts that stand on lines of their own keep their line breaks.
        private static int LinesBefore(Scalar scalar, int offset) =>
            scalar.Style == ScalarStyle.Literal ? 1 + scalar.Value.AsSpan(0, offset).Count('\n') : 0;

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
