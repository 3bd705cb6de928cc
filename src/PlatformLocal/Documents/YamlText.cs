using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace PlatformLocal.Documents;

/// <summary>One document of a YAML file.</summary>
/// <param name="Root">What it says, as JSON.</param>
/// <param name="Line">The line it starts at, from 1.</param>
internal sealed record YamlDocumentText(JsonNode Root, int Line);

/// <summary>Reads YAML into JSON nodes by the rules that Kubernetes' tools use: YAML 1.1 scalars, no custom tags.</summary>
internal static class YamlText
{
    // Aliases can blow a small file up: what a person writes stays far below this.
    private const int MaximumNodes = 500_000;

    /// <summary>All documents of a file; empty ones are left out.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="file">The file's path, for messages.</param>
    /// <param name="scalar">Changes each scalar's text before its type is decided: where templates are filled in.</param>
    /// <exception cref="InvalidDocumentException">The text is no YAML; names file, line and column.</exception>
    public static IReadOnlyList<YamlDocumentText> ParseAll(
        string text,
        string file,
        Func<string, string>? scalar = null
    )
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            var budget = MaximumNodes;
            var documents = new List<YamlDocumentText>();
            foreach (var document in stream.Documents)
            {
                if (Convert(document.RootNode, scalar, JsonText.MaximumDepth * 2, ref budget) is { } root)
                {
                    documents.Add(new YamlDocumentText(root, (int)document.RootNode.Start.Line));
                }
            }

            return documents;
        }
        catch (YamlException e)
        {
            throw Refuse(file, e.Start, (e.InnerException ?? e).Message);
        }
    }

    /// <summary>The one object a file holds.</summary>
    /// <exception cref="InvalidDocumentException">The text is no YAML, or not exactly one object.</exception>
    public static JsonObject ParseObject(string text, string file) =>
        ParseAll(text, file) is [{ Root: JsonObject one }]
            ? one
            : throw new InvalidDocumentException(file, [new Fault("", "must hold exactly one YAML object")]);

    private static JsonNode? Convert(YamlNode node, Func<string, string>? scalar, int depth, ref int budget)
    {
        if (--budget < 0)
        {
            throw new YamlException(node.Start, node.End, "expands to too many nodes: are its aliases nested?");
        }

        if (depth == 0)
        {
            throw new YamlException(node.Start, node.End, "is nested too deeply");
        }

        switch (node)
        {
            case YamlScalarNode s:
                return Scalar(s, scalar);
            case YamlSequenceNode sequence:
                var list = new JsonArray();
                foreach (var element in sequence)
                {
                    list.Add(Convert(element, scalar, depth - 1, ref budget));
                }

                return list;
            case YamlMappingNode mapping:
                var map = new JsonObject();
                foreach (var (key, value) in mapping)
                {
                    if (key is not YamlScalarNode { Value: { } name })
                    {
                        throw new YamlException(key.Start, key.End, "a key must be a text");
                    }

                    var converted = Convert(value, scalar, depth - 1, ref budget);
                    if (string.Equals(name, "<<", StringComparison.Ordinal))
                    {
                        Merge(map, converted, value);
                    }
                    else
                    {
                        map[scalar is null ? name : scalar(name)] = converted;
                    }
                }

                return map;
            default:
                throw new YamlException(node.Start, node.End, "is a kind of node that is not supported");
        }
    }

    private static void Merge(JsonObject map, JsonNode? merged, YamlNode source)
    {
        var sources = merged switch
        {
            JsonObject one => [one],
            JsonArray many when many.All(m => m is JsonObject) => many.Cast<JsonObject>(),
            _ => throw new YamlException(source.Start, source.End, "'<<' needs a map, or a list of maps"),
        };
        foreach (var (name, value) in sources.SelectMany(s => s))
        {
            if (!map.ContainsKey(name))
            {
                map[name] = value?.DeepClone();
            }
        }
    }

    private static JsonValue? Scalar(YamlScalarNode node, Func<string, string>? change)
    {
        var text = node.Value ?? "";
        text = change is null ? text : change(text);
        var tag = node.Tag.IsEmpty ? "" : node.Tag.Value;
        if (node.Style != ScalarStyle.Plain || tag is "!!str" or "tag:yaml.org,2002:str" or "!")
        {
            return JsonValue.Create(text);
        }

        return PlainScalar(text);
    }

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

        return Integer(text) is { } integer ? JsonValue.Create(integer)
            : IsDecimal(text)
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number)
                ? JsonValue.Create(number)
            : JsonValue.Create(text);
    }

    private static bool IsDecimal(string text) =>
        text.Any(char.IsAsciiDigit) && text.All(c => char.IsAsciiDigit(c) || c is '.' or 'e' or 'E' or '-' or '+');

    private static long? Integer(string text)
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
}
