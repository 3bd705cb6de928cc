using System.Text.Unicode;

namespace PlatformLocal.Core.Documents;

/// <summary>Reads JSON text within limits, with faults that name line and column.</summary>
public static class JsonText
{
    /// <summary>The most bytes a document may have: 1 MiB.</summary>
    public const int MaximumBytes = 1024 * 1024;

    /// <summary>The deepest nesting a document may have.</summary>
    internal const int MaximumDepth = 32;

    private static readonly JsonDocumentOptions Strict = new()
    {
        MaxDepth = MaximumDepth,
        AllowDuplicateProperties = false,
    };

    /// <summary>Reads one JSON object.</summary>
    /// <param name="utf8">The text in UTF-8, with or without a byte order mark.</param>
    /// <param name="document">What the document is to the user, for messages.</param>
    /// <exception cref="InvalidDocumentException">Too large, too deep, no JSON, a repeated property, or no object.</exception>
    public static JsonObject ParseObject(ReadOnlySpan<byte> utf8, string document)
    {
        if (utf8.Length > MaximumBytes)
        {
            throw Refuse(document, $"has {utf8.Length:N0} bytes; at most {MaximumBytes:N0} (1 MiB) are accepted");
        }

        utf8 = utf8.StartsWith(Encoding.UTF8.Preamble) ? utf8[Encoding.UTF8.Preamble.Length..] : utf8;
        try
        {
            return Parse(utf8, Strict) switch
            {
                JsonObject found => found,
                JsonArray => throw Refuse(document, "must be one JSON object {…}, and is a list"),
                _ => throw Refuse(document, "must be one JSON object {…}, and is a single value"),
            };
        }
        catch (JsonException e)
        {
            throw Refuse(document, FaultOf(e));
        }
    }

    /// <summary>What is wrong with a text that is no JSON, or not that of the document that was expected, and where.</summary>
    /// <param name="fault">What the framework says of it.</param>
    public static string FaultOf(JsonException fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        var where = fault.LineNumber is { } line
            ? $"line {line + 1}, column {(fault.BytePositionInLine ?? 0) + 1}: "
            : "";
        return where + Reason(fault);
    }

    /// <summary>Reads one JSON object.</summary>
    /// <param name="text">The text.</param>
    /// <param name="document">What the document is to the user, for messages.</param>
    /// <exception cref="InvalidDocumentException">Too large, too deep, no JSON, a repeated property, or no object.</exception>
    public static JsonObject ParseObject(string text, string document) =>
        ParseObject(Encoding.UTF8.GetBytes(text), document);

    /// <summary>Reads a JSON value whose texts are all whole: taking one out of it later cannot fail.</summary>
    /// <param name="utf8">The text in UTF-8.</param>
    /// <param name="options">Limits of what is read.</param>
    /// <exception cref="JsonException">The text is no JSON, beyond a limit, no UTF-8, or escapes half a character.</exception>
    public static JsonNode? Parse(ReadOnlySpan<byte> utf8, JsonDocumentOptions options = default)
    {
        if (!Utf8.IsValid(utf8))
        {
            throw new JsonException("the text is not UTF-8");
        }

        // Only an escape can write half of a surrogate pair, and the parser leaves it to whoever takes the text out.
        if (utf8.IndexOf("\\ud"u8) >= 0 || utf8.IndexOf("\\uD"u8) >= 0)
        {
            RefuseHalves(utf8, options);
        }

        return JsonNode.Parse(utf8, nodeOptions: null, options);
    }

    private static void RefuseHalves(ReadOnlySpan<byte> utf8, JsonDocumentOptions options)
    {
        var reader = new Utf8JsonReader(
            utf8,
            new JsonReaderOptions
            {
                MaxDepth = options.MaxDepth,
                AllowTrailingCommas = options.AllowTrailingCommas,
                CommentHandling = options.CommentHandling,
            }
        );
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || !reader.ValueIsEscaped)
            {
                continue;
            }

            try
            {
                _ = reader.GetString();
            }
            catch (InvalidOperationException e)
            {
                var before = utf8[..(int)reader.TokenStartIndex];
                throw new JsonException(
                    "a \\u escape stands for half a character",
                    path: null,
                    before.Count((byte)'\n'),
                    before.Length - (before.LastIndexOf((byte)'\n') + 1),
                    e
                );
            }
        }
    }

    private static InvalidDocumentException Refuse(string document, string message) =>
        new(document, [new Fault("", message)]);

    // Some of the framework's messages speak of its options, or of something else than what is wrong.
    private static string Reason(JsonException e)
    {
        var said = e.Message;
        if (said.Contains("maximum configured depth", StringComparison.Ordinal))
        {
            return $"nested deeper than {MaximumDepth} levels";
        }

        if (said.StartsWith("Expected depth to be zero", StringComparison.Ordinal))
        {
            return "the text ends before its objects and lists do: a } or ] is missing";
        }

        if (said.Contains("trailing comma", StringComparison.Ordinal))
        {
            return "a comma stands before the closing } or ]";
        }

        if (said.Contains("does not contain any JSON tokens", StringComparison.Ordinal))
        {
            return "the text is empty";
        }

        if (said.Contains("reached end of data", StringComparison.Ordinal))
        {
            return "the text ends in the middle of a name or a value";
        }

        if (said.Contains("is invalid within a JSON string", StringComparison.Ordinal))
        {
            return "a line ends, or a character that must be escaped stands, within a text";
        }

        if (
            said.Contains("is an invalid start of a", StringComparison.Ordinal)
            || said.Contains("is invalid after a", StringComparison.Ordinal)
            || said.Contains("is an invalid JSON literal", StringComparison.Ordinal)
        )
        {
            var what = said.IndexOf(" is ", StringComparison.Ordinal);
            return $"{said[..what]} does not belong there";
        }

        // Of the framework's types nobody knows the names.
        const string missing = "was missing required properties including: ";
        if (said.IndexOf(missing, StringComparison.Ordinal) is var begin and >= 0)
        {
            return $"it lacks {said[(begin + missing.Length)..].Split('.')[0]}";
        }

        if (said.Contains("could not be converted", StringComparison.Ordinal))
        {
            return e.Path?.TrimStart('$') switch
            {
                null or "" => "it is of the wrong kind",
                "." => "the value of '' is of the wrong kind",
                var path => $"the value of {path.TrimStart('.')} is of the wrong kind",
            };
        }

        // The framework's message ends with the position, which is told in its own words already.
        var end = said.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? said : said[..end].TrimEnd();
    }
}
