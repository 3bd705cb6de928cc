using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using PlatformLocal.Deployment.Registries;

namespace PlatformLocal.Platform.Clusters.Embedded.Registry;

/// <summary>
/// A small registry of the OCI distribution specification in this process, for builds that the played Flux fetches: people
/// without Docker have no other one. It begins when it is first needed and listens on 127.0.0.1 alone.
/// </summary>
/// <param name="folder">Where it keeps what it holds.</param>
internal sealed partial class EmbeddedRegistry(string folder) : IAsyncDisposable
{
    private const int MaximumBytes = 64 * 1024 * 1024;
    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";

    private readonly StoredArtifacts _artifacts = new(folder);
    private readonly SemaphoreSlim _gate = new(1, 1);
    private WebApplication? _app;

    /// <summary>How it is reached: its name, which stays, stands for the port that it has just now.</summary>
    /// <param name="cancellationToken">Breaks its start off.</param>
    public async Task<ClusterRegistry> StartAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            _app ??= await ListenAsync(cancellationToken);
            var address = new Uri(
                _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()
            );
            return new ClusterRegistry(ClusterRegistry.EmbeddedName, address);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        _gate.Dispose();
    }

    private async Task<WebApplication> ListenAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(k =>
            {
                k.Listen(IPAddress.Loopback, 0);
                k.Limits.MaxRequestBodySize = MaximumBytes;
            });
        var app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync(cancellationToken);
        return app;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path.Value ?? "";
        if (path is "/v2" or "/v2/")
        {
            return;
        }

        // What a browser was led here by another name is no request of ours.
        if (context.Request.Host.Host != "127.0.0.1" || Address().Match(path) is not { Success: true } match)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        string repository = match.Groups["name"].Value;
        string reference = match.Groups["reference"].Value;
        switch (match.Groups["what"].Value, context.Request.Method)
        {
            case ("tags", "GET"):
                await ListTagsAsync(context, repository);
                break;
            case ("blobs", "POST"):
                context.Response.Headers.Location = $"/v2/{repository}/blobs/{Guid.NewGuid():N}";
                context.Response.StatusCode = StatusCodes.Status202Accepted;
                break;
            case ("blobs", "PUT"):
                await PutBlobAsync(context, repository);
                break;
            case ("blobs", "GET" or "HEAD"):
                await SendAsync(
                    context,
                    _artifacts.FindBlob(repository, reference),
                    "application/octet-stream",
                    reference
                );
                break;
            case ("manifests", "PUT"):
                string stored = _artifacts.PutManifest(repository, reference, await ReadAsync(context));
                context.Response.Headers["Docker-Content-Digest"] = stored;
                context.Response.StatusCode = StatusCodes.Status201Created;
                break;
            case ("manifests", "GET" or "HEAD"):
                var found = _artifacts.FindManifest(repository, reference);
                await SendAsync(context, found?.Content, ManifestType, found?.Digest);
                break;
            case ("manifests", "DELETE"):
                context.Response.StatusCode = _artifacts.DeleteManifest(repository, reference)
                    ? StatusCodes.Status202Accepted
                    : StatusCodes.Status404NotFound;
                break;
            default:
                context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
                break;
        }
    }

    private async Task ListTagsAsync(HttpContext context, string repository)
    {
        var tags = _artifacts.TagsOf(repository);
        var content =
            tags.Count == 0
                ? null
                : Encoding.UTF8.GetBytes(
                    new JsonObject
                    {
                        ["name"] = repository,
                        ["tags"] = new JsonArray([.. tags.Select(t => (JsonNode)t)]),
                    }.ToJsonString()
                );
        await SendAsync(context, content, "application/json", null);
    }

    private async Task PutBlobAsync(HttpContext context, string repository)
    {
        string digest = context.Request.Query["digest"].ToString();
        byte[] content = await ReadAsync(context);
        if (!Digest.Is(digest) || Digest.Of(content) != digest)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        _artifacts.PutBlob(repository, digest, content);
        context.Response.StatusCode = StatusCodes.Status201Created;
    }

    private static async Task SendAsync(HttpContext context, byte[]? content, string type, string? digest)
    {
        if (content is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        context.Response.ContentType = type;
        context.Response.ContentLength = content.Length;
        if (digest is not null)
        {
            context.Response.Headers["Docker-Content-Digest"] = digest;
        }

        if (context.Request.Method != "HEAD")
        {
            await context.Response.Body.WriteAsync(content, context.RequestAborted);
        }
    }

    private static async Task<byte[]> ReadAsync(HttpContext context)
    {
        using var content = new MemoryStream();
        await context.Request.Body.CopyToAsync(content, context.RequestAborted);
        return content.ToArray();
    }

    // The specification's grammar: no part of a name begins with an underscore, as our own folders do.
    [GeneratedRegex(
        "^/v2/(?<name>[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*)/(?<what>blobs|manifests|tags)/(?<reference>uploads/|[A-Za-z0-9_][A-Za-z0-9_:.-]*)$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Address();
}
