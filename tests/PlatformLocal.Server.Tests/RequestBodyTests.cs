using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using PlatformLocal.Server.Endpoints;

namespace PlatformLocal.Server.Tests;

public sealed class RequestBodyTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_body_that_is_given_up_is_told_as_a_client_that_has_gone_and_a_broken_one_as_that()
    {
        // What Kestrel throws when a stream of HTTP/2 is reset, and when a body is no HTTP.
        var reset = With(new IOException("The client reset the request stream."));
        var broken = With(new BadHttpRequestException("Bad chunk size data."));

        var read = () => RequestBody.ReadAsync(reset, "the payload", Token);
        var fill = () => RequestBody.FillAsync(reset, new byte[10], Token);
        var misread = () => RequestBody.ReadAsync(broken, "the payload", Token);

        await read.Should().ThrowAsync<ConnectionResetException>();
        await fill.Should().ThrowAsync<ConnectionResetException>();
        await misread.Should().ThrowAsync<BadHttpRequestException>();
    }

    private static HttpRequest With(Exception fault) =>
        new DefaultHttpContext { Request = { Body = new BrokenStream(fault) } }.Request;

    private sealed class BrokenStream(Exception fault) : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromException<int>(fault);
    }
}
