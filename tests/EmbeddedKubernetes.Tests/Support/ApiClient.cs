using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace EmbeddedKubernetes.Tests.Support;

/// <summary>What a server answered.</summary>
internal sealed record Answer(int Code, JsonNode? Body, HttpResponseHeaders Headers)
{
    public JsonObject Object => (JsonObject)Body!;

    public string? Reason =>
        Body is JsonObject o && o["kind"]?.GetValue<string>() == "Status" ? o["reason"]?.GetValue<string>() : null;

    public string? Version => Body?["metadata"]?["resourceVersion"]?.GetValue<string>();

    public override string ToString() => $"{Code} {Body?.ToJsonString()}";
}

/// <summary>A plain HTTP client of a Kubernetes API.</summary>
internal sealed class ApiClient : IDisposable
{
    public const string Json = "application/json";
    public const string JsonPatch = "application/json-patch+json";
    public const string MergePatch = "application/merge-patch+json";
    public const string StrategicPatch = "application/strategic-merge-patch+json";
    public const string ApplyPatch = "application/apply-patch+yaml";

    public ApiClient(Uri server, string? token, X509Certificate2? authority = null)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
        {
            if (authority is null)
            {
                return true;
            }
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.Add(authority);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            return chain.Build((X509Certificate2)certificate!);
        };
        Http = new HttpClient(handler) { BaseAddress = server, Timeout = TimeSpan.FromSeconds(20) };
        Http.DefaultRequestHeaders.UserAgent.ParseAdd("tester/1.0");
        if (token is not null)
        {
            Http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        }
    }

    public HttpClient Http { get; }

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public Task<Answer> GetAsync(string path) => SendAsync("GET", path);

    public Task<Answer> PostAsync(string path, string body) => SendAsync("POST", path, body);

    public Task<Answer> PutAsync(string path, string body) => SendAsync("PUT", path, body);

    public Task<Answer> DeleteAsync(string path, string? body = null) => SendAsync("DELETE", path, body);

    public Task<Answer> ApplyAsync(string path, string body, string manager = "one", bool force = false) =>
        SendAsync("PATCH", $"{path}?fieldManager={manager}{(force ? "&force=true" : "")}", body, ApplyPatch);

    public async Task<Answer> SendAsync(
        string method,
        string path,
        string? body = null,
        string type = Json,
        string? accept = null
    )
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        }
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }
        using var response = await Http.SendAsync(request, Cancel);
        var text = await response.Content.ReadAsStringAsync(Cancel);
        JsonNode? value =
            response.Content.Headers.ContentType?.MediaType == Json ? JsonNode.Parse(text) : JsonValue.Create(text);
        return new((int)response.StatusCode, value, response.Headers);
    }

    /// <summary>Asks until the answer is as wanted; ten seconds at most.</summary>
    public async Task<Answer> UntilAsync(string path, Func<Answer, bool> wanted)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(10));
        while (true)
        {
            var answer = await GetAsync(path);
            if (wanted(answer))
            {
                return answer;
            }
            patience.Token.IsCancellationRequested.Should().BeFalse($"{path} should change in time, but is {answer}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
        }
    }

    public void Dispose() => Http.Dispose();
}
