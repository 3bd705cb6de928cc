using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ScaleBenchmark;

/// <summary>A plain client of the API under test.</summary>
internal sealed class Api : IDisposable
{
    private readonly HttpClient _http;

    public Api(Uri server, string token, X509Certificate2 authority)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            CustomTrustStore = { authority },
        };
        _http = new HttpClient(handler) { BaseAddress = server, Timeout = TimeSpan.FromMinutes(10) };
        _http.DefaultRequestHeaders.Authorization = new("Bearer", token);
    }

    public async Task ApplyAsync(string path, JsonObject body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, path + "?fieldManager=platform-local&force=true");
        request.Content = new StringContent(body.ToJsonString());
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/apply-patch+yaml");
        using var response = await _http.SendAsync(request);
        if (!response.IsSuccessStatusCode)
        {
            throw new IOException($"{path}: {await response.Content.ReadAsStringAsync()}");
        }
    }

    public async Task<JsonDocument> GetAsync(string path) =>
        await JsonDocument.ParseAsync(await _http.GetStreamAsync(path));

    /// <summary>Follows the deployments and completes when as many as wanted are available.</summary>
    public async Task UntilAvailableAsync(int wanted, CancellationToken cancel)
    {
        var available = new HashSet<string>(StringComparer.Ordinal);
        var stream = await _http.GetStreamAsync("/apis/apps/v1/deployments?watch=1", cancel);
        using var reader = new StreamReader(stream);
        while (available.Count < wanted)
        {
            var line = await reader.ReadLineAsync(cancel) ?? throw new IOException("the watch has ended");
            using var change = JsonDocument.Parse(line);
            var value = change.RootElement.GetProperty("object");
            if (
                value.TryGetProperty("status", out var status)
                && status.TryGetProperty("availableReplicas", out var replicas)
                && replicas.GetInt32() > 0
            )
            {
                available.Add(value.GetProperty("metadata").GetProperty("uid").GetString()!);
            }
        }
    }

    /// <summary>Number and bytes of all objects, and the newest version.</summary>
    public async Task<(int Count, long Bytes, long Version)> MeasureAsync()
    {
        var (count, bytes, version) = (0, 0L, 0L);
        foreach (var (root, resource) in await ResourcesAsync())
        {
            using var list = await GetAsync($"{root}/{resource}");
            version = Math.Max(
                version,
                long.Parse(list.RootElement.GetProperty("metadata").GetProperty("resourceVersion").GetString()!)
            );
            foreach (var item in list.RootElement.GetProperty("items").EnumerateArray())
            {
                count++;
                bytes += System.Text.Encoding.UTF8.GetByteCount(item.GetRawText());
            }
        }
        return (count, bytes, version);
    }

    private async Task<List<(string Root, string Resource)>> ResourcesAsync()
    {
        var found = new List<(string, string)>();
        var roots = new List<string> { "/api/v1" };
        using (var groups = await GetAsync("/apis"))
        {
            // Events are one store under two groups; autoscaling has two versions of the same.
            roots.AddRange(
                groups
                    .RootElement.GetProperty("groups")
                    .EnumerateArray()
                    .Select(g => g.GetProperty("preferredVersion").GetProperty("groupVersion").GetString()!)
                    .Where(g => !g.StartsWith("events", StringComparison.Ordinal))
                    .Select(g => "/apis/" + g)
            );
        }
        foreach (var root in roots)
        {
            using var resources = await GetAsync(root);
            found.AddRange(
                resources
                    .RootElement.GetProperty("resources")
                    .EnumerateArray()
                    .Where(r => r.GetProperty("verbs").EnumerateArray().Any(v => v.GetString() == "list"))
                    .Select(r => (root, r.GetProperty("name").GetString()!))
            );
        }
        return found;
    }

    public void Dispose() => _http.Dispose();
}
