using System.Buffers;
using System.IO.Pipelines;

namespace PlatformLocal.Kubernetes.Transport;

/// <summary>The JSON lines of one watch connection. However it ends, it ends: the caller asks again from where it was.</summary>
internal sealed class WatchStream : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly PipeReader _reader;
    private readonly CancellationTokenSource _lifetime;

    private WatchStream(HttpResponseMessage response, PipeReader reader, CancellationTokenSource lifetime)
    {
        _response = response;
        _reader = reader;
        _lifetime = lifetime;
    }

    /// <param name="response">The answer whose body is the stream.</param>
    /// <param name="lifetime">After this time a server that says nothing and does not end the watch counts as gone.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">Stops opening.</param>
    public static async Task<WatchStream> OpenAsync(
        HttpResponseMessage response,
        TimeSpan lifetime,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var reader = PipeReader.Create(body, new StreamPipeReaderOptions(bufferSize: 16 * 1024));
        return new WatchStream(response, reader, new CancellationTokenSource(lifetime, timeProvider));
    }

    /// <returns>The next line, or <see langword="null"/> when the connection ended, broke, or carried what is not JSON.</returns>
    public async Task<JsonObject?> NextAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _lifetime.Token);
        try
        {
            while (true)
            {
                ReadResult read = await _reader.ReadAsync(either.Token);
                if (read.Buffer.PositionOf((byte)'\n') is { } end)
                {
                    JsonObject? line = JsonBody.Parse(read.Buffer.Slice(0, end));
                    _reader.AdvanceTo(read.Buffer.GetPosition(1, end));
                    return line;
                }
                if (read.IsCompleted)
                {
                    // The rest without a line end may be half of an object.
                    return null;
                }
                _reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _reader.CompleteAsync();
        _response.Dispose();
        _lifetime.Dispose();
    }
}
