namespace PlatformLocal.Server.Endpoints;

/// <summary>Reads the JSON that a request carries.</summary>
internal static class RequestBody
{
    /// <summary>The object in the body.</summary>
    /// <param name="request">The request.</param>
    /// <param name="document">What the body is to the caller, for messages.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="InvalidDocumentException">The body is too large, or no JSON object.</exception>
    public static async Task<JsonObject> ReadAsync(
        HttpRequest request,
        string document,
        CancellationToken cancellationToken
    )
    {
        // One byte more than is accepted is enough to know that there is too much.
        var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while (
            buffer.Length <= JsonText.MaximumBytes
            && (read = await request.Body.ReadAsync(chunk, cancellationToken)) > 0
        )
        {
            buffer.Write(chunk, 0, read);
        }

        return JsonText.ParseObject(buffer.GetBuffer().AsSpan(0, (int)buffer.Length), document);
    }
}
