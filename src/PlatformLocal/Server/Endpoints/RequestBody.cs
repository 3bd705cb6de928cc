using Microsoft.AspNetCore.Connections;

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
            && (read = await ReadSomeAsync(request, chunk, cancellationToken)) > 0
        )
        {
            buffer.Write(chunk, 0, read);
        }

        return JsonText.ParseObject(buffer.GetBuffer().AsSpan(0, (int)buffer.Length), document);
    }

    /// <summary>Fills the memory with the body.</summary>
    /// <param name="request">The request.</param>
    /// <param name="content">As long as the body is.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="ConnectionResetException">The client has gone.</exception>
    public static async Task FillAsync(HttpRequest request, Memory<byte> content, CancellationToken cancellationToken)
    {
        while (content.Length > 0)
        {
            int read = await ReadSomeAsync(request, content, cancellationToken);
            content = read > 0 ? content[read..] : throw new ConnectionResetException("The body ended early.");
        }
    }

    private static async ValueTask<int> ReadSomeAsync(
        HttpRequest request,
        Memory<byte> into,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await request.Body.ReadAsync(into, cancellationToken);
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            // Of a stream that its client gave up the server says no more than that.
            throw new ConnectionResetException(e.Message, e);
        }
    }
}
