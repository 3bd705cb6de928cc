using System.Net;
using System.Net.Http.Headers;
using System.Text;
using EmbeddedKubernetes;
using PlatformLocal.Platform.State;
using PlatformLocal.Server;
using PlatformLocal.Testing;

namespace PlatformLocal.Fuzzing;

/// <summary>Whatever request comes, the answer says what is wrong with it: nothing of the server's inside comes out.</summary>
public sealed class ApiTests : IDisposable
{
    private const string Unexpected = "unexpected failure";

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_embedded_kubernetes_api_fails_on_no_request()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(
            new EmbeddedClusterOptions { PodStartDelay = TimeSpan.Zero },
            Token
        );
        using var http = Client(cluster.Server, cluster.Token);
        string[] types =
        [
            "application/json",
            "application/json",
            "application/yaml",
            "application/json-patch+json",
            "application/merge-patch+json",
            "application/strategic-merge-patch+json",
            "application/apply-patch+yaml",
            "application/vnd.kubernetes.protobuf",
        ];
        string[] paths =
        [
            "/api/v1/namespaces/default/pods",
            "/api/v1/namespaces/default/services",
            "/apis/apps/v1/namespaces/default/deployments",
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            "/api/v1/namespaces/default/configmaps",
            "/apis/example.org/v1/namespaces/default/things",
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        ];
        string[] tails =
        [
            "",
            "",
            "/a",
            "/d",
            "/s",
            "/things.example.org",
            "/a/status",
            "/d/scale",
            "/a/log",
            "/a/eviction",
        ];
        string[] queries =
        [
            "",
            "",
            "?fieldManager=f&force=true",
            "?labelSelector=%ff",
            "?fieldSelector=metadata.name%3D",
            "?limit=1&continue=%00",
            "?limit=-1",
            "?dryRun=All&fieldValidation=Strict",
            "?resourceVersion=x",
            "?timeoutSeconds=99999999999",
            "?propagationPolicy=Foreground",
            "?gracePeriodSeconds=-1",
            "?pretty=true&tailLines=x",
        ];
        var seeds = Inputs.Seeds(
            "pod.json",
            "service.json",
            "deployment.json",
            "definition.json",
            "jsonpatch.json",
            "mergepatch.json",
            "manifest.yaml"
        );
        await TryAsync(http, seeds, types, paths, tails, queries, "Internal error occurred: ");
    }

    [Fact]
    public async Task The_platform_api_fails_on_no_request()
    {
        _folder.Write("workspace/platform.yaml", Encoding.UTF8.GetString(Inputs.Seeds("platform.yaml")[0]));
        _folder.Write("workspace/catalogue.yaml", Encoding.UTF8.GetString(Inputs.Seeds("catalogue.yaml")[0]));
        Directory.CreateDirectory(Path.Combine(_folder.Path, "workspace", "services"));
        var state = new StateFolder(Path.Combine(_folder.Path, "state"), "fuzz");
        await using var server = await PlatformServer.StartAsync(
            new ServeOptions
            {
                State = state,
                Workspace = Path.Combine(_folder.Path, "workspace"),
                Version = "fuzz",
            },
            Token
        );
        using var http = Client(server.Address, state.ReadToken()!);
        await TryAsync(
            http,
            Inputs.Seeds("claim.json", "mergepatch.json", "registry.json"),
            ["application/json", "application/json", "text/plain", "application/x-tar"],
            [
                "/api/v1/environments",
                "/api/v1/environments/shop",
                "/api/v1/registry-events",
                "/api/v1/workspace",
                "/identity",
            ],
            ["", "", "", "/shop", "/%ff", "/a%2fb", "/rollback", "/plan"],
            ["", "", "?dryRun=true", "?dryRun=maybe", "?q=%ff", "?q=user:", "?nonce=%00", "?to=x", "?upgrade=web"],
            Unexpected
        );
    }

    private static Task TryAsync(
        HttpClient http,
        IReadOnlyList<byte[]> seeds,
        string[] types,
        string[] paths,
        string[] tails,
        string[] queries,
        string unexpected
    )
    {
        string[] methods = ["GET", "POST", "POST", "PUT", "PATCH", "DELETE"];
        return Inputs.TryAsync(seeds, Inputs.Share(4), AttemptAsync);

        async Task<string?> AttemptAsync(byte[] input, int number)
        {
            var random = new Random(number);
            var (method, path) = (One(methods, random), One(paths, random) + One(tails, random));
            var type = One(types, random);
            using var request = new HttpRequestMessage(new HttpMethod(method), path + One(queries, random));
            if (method != "GET")
            {
                request.Content = new ByteArrayContent(input);
                request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
            }

            using var answer = await http.SendAsync(request, Token);
            if ((int)answer.StatusCode < 500 && answer.StatusCode != HttpStatusCode.RequestTimeout)
            {
                return null;
            }

            var text = await answer.Content.ReadAsStringAsync(Token);
            return text.Contains(unexpected, StringComparison.OrdinalIgnoreCase)
                ? $"{method} {path} as {type}: {text[..Math.Min(text.Length, 400)]}"
                : null;
        }
    }

    private static string One(string[] choices, Random random) => choices[random.Next(choices.Length)];

    private static HttpClient Client(Uri address, string token)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null;
        var http = new HttpClient(handler) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return http;
    }
}
