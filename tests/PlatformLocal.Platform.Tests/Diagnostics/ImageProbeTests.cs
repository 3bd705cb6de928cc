using System.Net;
using System.Net.Sockets;
using System.Text;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Diagnostics;

namespace PlatformLocal.Platform.Tests.Diagnostics;

public sealed class ImageProbeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_registry_that_wants_a_token_is_asked_with_one()
    {
        using var registry = new Registry();

        var found = await AskAsync($"{registry.Host}/team/web:1");
        var missing = await AskAsync($"{registry.Host}/team/web:2");
        var hidden = await AskAsync($"{registry.Host}/secret/web:1");

        found.Status.Should().Be(CheckStatus.Pass);
        missing
            .Should()
            .Be(new ImageAnswer(CheckStatus.Fail, $"is not on this machine, and {registry.Host} does not have it"));
        hidden.Status.Should().Be(CheckStatus.Warn);
        registry.Scopes.Should().Contain("repository:team/web:pull");
    }

    [Fact]
    public async Task A_registry_that_says_nothing_is_not_waited_for()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();

        var answer = await AskAsync(
            $"localhost:{((IPEndPoint)silent.LocalEndpoint).Port}/web:1",
            TimeSpan.FromMilliseconds(300)
        );

        answer.Message.Should().Contain("did not answer within 0.3 s");
    }

    [Fact]
    public async Task A_registry_elsewhere_that_is_out_of_reach_is_a_warning_only()
    {
        var answer = await AskAsync("registry.invalid/web:1");

        answer.Status.Should().Be(CheckStatus.Warn);
        answer.Message.Should().Contain("registry.invalid cannot be reached");
    }

    private static async Task<ImageAnswer> AskAsync(string image, TimeSpan? timeout = null)
    {
        using var registries = new RegistryClient(
            new ProgramRunner(TimeProvider.System),
            TimeProvider.System,
            ImageProbe.OptionsFor(timeout ?? TimeSpan.FromSeconds(10))
        );
        return await new ImageProbe(registries).AskAsync(ImageName.Parse(image), Token);
    }

    /// <summary>A registry with one image, which hands out tokens as the specification has it.</summary>
    private sealed class Registry : IDisposable
    {
        private readonly HttpListener _listener = new();

        public Registry()
        {
            using (var free = new TcpListener(IPAddress.Loopback, 0))
            {
                free.Start();
                Host = $"localhost:{((IPEndPoint)free.LocalEndpoint).Port}";
            }

            _listener.Prefixes.Add($"http://{Host}/");
            _listener.Start();
            _ = ServeAsync();
        }

        public string Host { get; }

        public List<string> Scopes { get; } = [];

        public void Dispose() => _listener.Close();

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    Answer(await _listener.GetContextAsync());
                }
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private void Answer(HttpListenerContext context)
        {
            var (request, response) = (context.Request, context.Response);
            string path = request.Url!.AbsolutePath;
            if (path == "/token")
            {
                string scope = request.QueryString["scope"]!;
                Scopes.Add(scope);
                response.StatusCode = scope.Contains("secret") ? 403 : 200;
                response.OutputStream.Write(Encoding.UTF8.GetBytes("""{"token":"t0"}"""));
            }
            else if (request.Headers["Authorization"] != "Bearer t0")
            {
                response.StatusCode = 401;
                string repository = path.Split("/manifests/")[0]["/v2/".Length..];
                response.Headers["WWW-Authenticate"] =
                    $"Bearer realm=\"http://{Host}/token\",service=\"a, b\",scope=\"repository:{repository}:pull\"";
            }
            else
            {
                var isThere = path == "/v2/team/web/manifests/1" && request.HttpMethod == "HEAD";
                response.StatusCode = isThere ? 200 : 404;
                response.Headers["Docker-Content-Digest"] = $"sha256:{new string('0', 64)}";
            }

            response.Close();
        }
    }
}
