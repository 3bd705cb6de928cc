using System.Net;
using System.Net.Sockets;
using System.Text;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Server.Endpoints;
using PlatformLocal.Server.Tests.Testing;
using PlatformLocal.Testing;

namespace PlatformLocal.Server.Tests;

/// <summary>After a node restarts, any pod may have the address that the Platform API had.</summary>
public sealed class IdentityTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n")]
    [InlineData("HTTP/1.1 204 No Content\r\nX-Platform-Proof: 00\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n")]
    [InlineData("SSH-2.0-OpenSSH\r\n")]
    [InlineData("")]
    public async Task Who_does_not_know_the_token_hears_neither_it_nor_a_request(string answer)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var heard = AnswerOnceAsync(listener, answer);
        using var api = new PlatformApiClient(new Uri($"http://{listener.LocalEndpoint}"), "the-secret-token");

        var act = () => api.GetPlatformAsync(Token);

        (await act.Should().ThrowAsync<PlatformException>()).WithMessage("*does not answer: who answers there*");
        (await heard).Should().StartWith("GET /identity?nonce=").And.NotContain("secret").And.NotContain("api/v1");
    }

    [Fact]
    public async Task What_goes_over_the_wire_is_of_no_use_for_anything_else()
    {
        await using var platform = await TestPlatform.StartAsync();
        var token = platform.State.ReadToken()!;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var heard = RelayAsync(listener, platform.Address);
        using (var api = new PlatformApiClient(new Uri($"http://{listener.LocalEndpoint}"), token))
        {
            (await api.GetPlatformAsync(Token)).Name.Should().NotBeEmpty();
        }

        var text = await heard;
        text.Should().Contain("GET /api/v1/platform").And.NotContain(token);
        var signature = text.Split("Authorization: ")[1].Split("\r\n")[0];
        (await StatusAsync(platform.Address, signature, "api/v1/platform")).Should().Be(HttpStatusCode.OK);
        (await StatusAsync(platform.Address, signature, "api/v1/environments"))
            .Should()
            .Be(HttpStatusCode.Unauthorized);
        var old = string.Concat(
            "Platform 1000000000.",
            signature.AsSpan(signature.IndexOf('.', StringComparison.Ordinal) + 1)
        );
        (await StatusAsync(platform.Address, old, "api/v1/platform")).Should().Be(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task By_the_socket_of_the_state_folder_its_owner_needs_no_proof()
    {
        await using var platform = await TestPlatform.StartAsync();
        var socket = platform.State.Socket;

        using var api = new PlatformApiClient(
            platform.Address,
            new UnixDomainSocketEndPoint(socket),
            TimeProvider.System
        );
        var document = await api.GetPlatformAsync(Token);
        using var http = new HttpClient { BaseAddress = platform.Address };
        var byAddress = await http.GetAsync("api/v1/platform", Token);

        document.Name.Should().NotBeEmpty();
        byAddress.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(socket).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [Fact]
    public void A_path_that_is_too_long_for_a_socket_has_none()
    {
        using var folder = new TemporaryFolder();

        LocalSocket.TryPrepare(Path.Combine(folder.Path, new string('x', 120))).Should().BeNull();
        LocalSocket.TryPrepare(Path.Combine(folder.Path, "a.sock")).Should().NotBeNull();
    }

    [Theory]
    [InlineData("Host", "rebound.example.org")]
    [InlineData("Host", "127.0.0.1.example.org")]
    [InlineData("Origin", "https://example.org")]
    public async Task The_api_on_the_host_refuses_what_comes_by_way_of_a_page(string header, string value)
    {
        await using var platform = await TestPlatform.StartAsync();
        using var http = new HttpClient { BaseAddress = platform.Address };
        http.DefaultRequestHeaders.TryAddWithoutValidation(header, value);

        var answer = await http.GetAsync("openapi/v1.json", Token);

        answer.StatusCode.Should().Be(HttpStatusCode.Forbidden);
    }

    private static async Task<HttpStatusCode> StatusAsync(Uri address, string authorization, string path)
    {
        using var http = new HttpClient { BaseAddress = address };
        http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", authorization);
        return (await http.GetAsync(path, Token)).StatusCode;
    }

    private static async Task<string> AnswerOnceAsync(TcpListener listener, string answer)
    {
        using var client = await listener.AcceptTcpClientAsync(Token);
        await using var stream = client.GetStream();
        var buffer = new byte[4096];
        var read = await stream.ReadAsync(buffer, Token);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), Token);
        return Encoding.ASCII.GetString(buffer, 0, read);
    }

    private static async Task<string> RelayAsync(TcpListener listener, Uri to)
    {
        using var client = await listener.AcceptTcpClientAsync(Token);
        using var server = new TcpClient();
        await server.ConnectAsync(to.Host, to.Port, Token);
        await using var near = client.GetStream();
        await using var far = server.GetStream();
        var back = far.CopyToAsync(near, Token);
        var heard = new StringBuilder();
        var buffer = new byte[4096];
        int read;
        while ((read = await near.ReadAsync(buffer, Token)) > 0)
        {
            heard.Append(Encoding.ASCII.GetString(buffer, 0, read));
            await far.WriteAsync(buffer.AsMemory(0, read), Token);
        }

        server.Client.Shutdown(SocketShutdown.Send);
        await back.ContinueWith(_ => { }, Token, TaskContinuationOptions.None, TaskScheduler.Default);
        return heard.ToString();
    }
}
