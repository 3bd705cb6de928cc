using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EmbeddedKubernetes.Tests.Support;
using Microsoft.Extensions.Logging;

namespace EmbeddedKubernetes.Tests.Http;

/// <summary>Whoever leaves in the middle is no failure of the server.</summary>
public sealed class GoneClientTests : IAsyncLifetime
{
    private const string ConfigMaps = "/api/v1/namespaces/default/configmaps";

    private readonly CollectingLoggers _logs = new();
    private EmbeddedCluster? _cluster;

    private EmbeddedCluster Cluster => _cluster!;

    public async ValueTask InitializeAsync() =>
        _cluster = await EmbeddedCluster.StartAsync(
            new() { LoggerFactory = LoggerFactory.Create(b => b.AddProvider(_logs).SetMinimumLevel(LogLevel.Debug)) },
            ApiClient.Cancel
        );

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        _logs.Dispose();
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_body_that_is_given_up_is_no_failure(string version)
    {
        using var api = SharedCluster.ClientOf(Cluster);
        using var sending = new SemaphoreSlim(0);
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(ApiClient.Cancel);
        using var request = new HttpRequestMessage(HttpMethod.Post, ConfigMaps)
        {
            Version = new Version(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new EndlessContent(sending),
        };

        var answer = api.Http.SendAsync(request, leave.Token);
        await sending.WaitAsync(ApiClient.Cancel);
        await leave.CancelAsync();

        await answer.Awaiting(a => a).Should().ThrowAsync<OperationCanceledException>();
        await GivenUpAsync();
    }

    [Fact]
    public async Task A_body_that_is_shorter_than_it_says_is_no_failure()
    {
        await using (var tls = await ConnectAsync())
        {
            await tls.WriteAsync(
                Encoding.ASCII.GetBytes(
                    $"POST {ConfigMaps} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {Cluster.Token}\r\n"
                        + "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"metadata\":"
                ),
                ApiClient.Cancel
            );
        }

        await GivenUpAsync();
    }

    [Fact]
    public async Task A_body_that_is_no_http_is_the_clients_fault()
    {
        await using var tls = await ConnectAsync();
        await tls.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST {ConfigMaps} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {Cluster.Token}\r\n"
                    + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n"
            ),
            ApiClient.Cancel
        );
        using var reader = new StreamReader(tls);

        var line = await reader.ReadLineAsync(ApiClient.Cancel);

        line.Should().StartWith("HTTP/1.1 400");
        Failures().Should().BeEmpty();
    }

    [Fact]
    public async Task A_watch_that_is_closed_is_no_failure()
    {
        using var api = SharedCluster.ClientOf(Cluster);
        for (var i = 0; i < 10; i++)
        {
            using var response = await api.Http.GetAsync(
                $"{ConfigMaps}?watch=true",
                HttpCompletionOption.ResponseHeadersRead,
                ApiClient.Cancel
            );
            response.StatusCode.Should().Be(HttpStatusCode.OK);
            await api.PostAsync(ConfigMaps, $$$"""{"metadata":{"name":"seen-{{{i}}}"}}""");
        }
        await api.PostAsync(ConfigMaps, """{"metadata":{"name":"last"}}""");

        Failures().Should().BeEmpty();
    }

    private async Task<SslStream> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, Cluster.Server.Port, ApiClient.Cancel);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        using var authority = X509Certificate2.CreateFromPem(AuthorityOf(Cluster));
        var trusted = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust };
        trusted.RevocationMode = X509RevocationMode.NoCheck;
        trusted.CustomTrustStore.Add(X509CertificateLoader.LoadCertificate(authority.RawData));
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "localhost", CertificateChainPolicy = trusted },
            ApiClient.Cancel
        );
        return tls;
    }

    private static string AuthorityOf(EmbeddedCluster cluster)
    {
        const string field = "certificate-authority-data: ";
        var line = cluster.Kubeconfig.Split('\n').Single(l => l.Contains(field, StringComparison.Ordinal));
        return Encoding.UTF8.GetString(Convert.FromBase64String(line.Trim()[field.Length..]));
    }

    private async Task GivenUpAsync()
    {
        await _logs.UntilAsync(all =>
            all.Any(e => e.Text.Contains("was broken off", StringComparison.Ordinal) || e.Level >= LogLevel.Warning)
        );
        Failures().Should().BeEmpty();
    }

    private IEnumerable<string> Failures() =>
        _logs.Entries.Where(e => e.Level >= LogLevel.Warning).Select(e => $"{e.Text}: {e.Cause}");

    /// <summary>Sends the beginning of a body and never its end.</summary>
    private sealed class EndlessContent(SemaphoreSlim sending) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(
            Stream stream,
            TransportContext? context,
            CancellationToken cancellationToken
        )
        {
            await stream.WriteAsync("{"u8.ToArray(), cancellationToken);
            await stream.FlushAsync(cancellationToken);
            sending.Release();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
