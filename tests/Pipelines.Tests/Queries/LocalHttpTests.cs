using System.Net;
using System.Net.Sockets;
using System.Text;
using Pipelines.Queries;

namespace Pipelines.Tests.Queries;

public sealed class LocalHttpTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "{}")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n{}", "{}")]
    [InlineData("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n1;x=y\r\n}\r\n0\r\n\r\n", "{}")]
    [InlineData("HTTP/1.0 200\r\ncontent-length:0\r\n\r\n", "")]
    public void Answers_are_read_whole(string answer, string body) =>
        Encoding.UTF8.GetString(LocalHttp.Parse(Encoding.UTF8.GetBytes(answer)).Body.Span).Should().Be(body);

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno\r\n")]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n")]
    public void Answers_that_end_early_are_no_answers(string answer)
    {
        var read = () => LocalHttp.Parse(Encoding.UTF8.GetBytes(answer));

        read.Should().Throw<System.IO.IOException>();
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{", "}", true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le", "ngth: 2\r\n\r\n{}", true)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n{", "}", false)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", "1\r\n}\r\n0\r\n\r\n", false)]
    public async Task An_answer_comes_in_parts_and_ends_by_its_length_or_with_the_connection(
        string first,
        string second,
        bool staysOpen
    )
    {
        using var server = new Server();
        var post = Post(server, Token);
        using var connection = await server.AcceptAsync();
        await connection.SendAsync(Encoding.UTF8.GetBytes(first), Token);
        await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
        await connection.SendAsync(Encoding.UTF8.GetBytes(second), Token);
        if (!staysOpen)
        {
            connection.Shutdown(SocketShutdown.Send);
        }

        var answer = await post.WaitAsync(TimeSpan.FromSeconds(20), Token);

        Encoding.UTF8.GetString(answer.Body.Span).Should().Be("{}");
    }

    [Fact]
    public async Task Cancelling_ends_a_wait_for_an_answer()
    {
        using var server = new Server();
        using var cancel = new CancellationTokenSource();
        var post = Post(server, cancel.Token);
        using var connection = await server.AcceptAsync();
        await connection.SendAsync("HTTP/1.1 200 OK\r\n"u8.ToArray(), Token);

        await cancel.CancelAsync();

        var wait = () => post.WaitAsync(TimeSpan.FromSeconds(20), Token);
        await wait.Should().ThrowAsync<OperationCanceledException>();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Task<LocalHttpAnswer> Post(Server server, CancellationToken cancellationToken) =>
        Task.Run(
            () => LocalHttp.Post(server.Port, "/query", "Basic eDo=", "{}"u8, cancellationToken),
            CancellationToken.None
        );

    private sealed class Server : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public Server() => _listener.Start();

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public Task<System.Net.Sockets.Socket> AcceptAsync() => _listener.AcceptSocketAsync(Token).AsTask();

        public void Dispose() => _listener.Dispose();
    }
}
