using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace EmbeddedKubernetes.Json;

/// <summary>Reads a YAML request body as JSON, by the rules of the YAML 1.2 core schema and Kubernetes' own readers.</summary>
internal static class YamlBody
{
    /// <exception cref="FormatException">The text is not one YAML document with scalar keys.</exception>
    public static JsonNode? Parse(ReadOnlySpan<byte> utf8)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(Encoding.UTF8.GetString(utf8)));
        }
        catch (YamlException e)
        {
            throw new FormatException(e.Message, e);
        }
        return stream.Documents.Count == 0 ? null : Convert(stream.Documents[0].RootNode, 0);
    }

    private static JsonNode? Convert(YamlNode node, int depth)
    {
        if (depth > 100)
        {
            throw new FormatException("The document is nested too deeply.");
        }
        switch (node)
        {
            case YamlMappingNode map:
                var o = new JsonObject();
                foreach (var (key, value) in map.Children)
                {
                    var name =
                        (key as YamlScalarNode)?.Value ?? throw new FormatException("A mapping key is not a scalar.");
                    o[name] = Convert(value, depth + 1);
                }
                return o;
            case YamlSequenceNode sequence:
                var a = new JsonArray();
                foreach (var item in sequence.Children)
                {
                    a.Add(Convert(item, depth + 1));
                }
                return a;
            default:
                return Scalar((YamlScalarNode)node);
        }
    }

    private static JsonValue? Scalar(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? "";
        if (scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any))
        {
            return JsonValue.Create(text);
        }
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "true" or "True" or "TRUE":
                return JsonValue.Create(true);
            case "false" or "False" or "FALSE":
                return JsonValue.Create(false);
        }
        if (
            long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var l)
            && !(text.TrimStart('-', '+').Length > 1 && text.TrimStart('-', '+')[0] == '0')
        )
        {
            return JsonValue.Create(l);
        }
        if (
            text.All(c => char.IsAsciiDigit(c) || c is '+' or '-' or '.' or 'e' or 'E')
            && text.Any(char.IsAsciiDigit)
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var d)
            && double.IsFinite(d)
        )
        {
            return JsonValue.Create(d);
        }
        return JsonValue.Create(text);
    }
}
