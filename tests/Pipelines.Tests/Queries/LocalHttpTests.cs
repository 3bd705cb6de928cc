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
}
