using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Nodes;
using PlatformLocal.Kubernetes;

namespace PlatformLocal.Platform.Diagnostics;

/// <summary>What a registry says about an image.</summary>
/// <param name="Status">Pass when it is there, fail when it is not, warn when that could not be found out.</param>
/// <param name="Message">What the registry said.</param>
internal sealed record ImageAnswer(CheckStatus Status, string Message);

/// <summary>Asks registries for the heads of images, as the engine would before it pulls them; pulls nothing.</summary>
/// <remarks>Follows the OCI distribution specification, anonymously: the engine may have a login that we do not know.</remarks>
internal sealed class ImageProbe(HttpClient http, TimeProvider time, TimeSpan timeout)
{
    private static readonly string[] s_manifests =
    [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ];

    public async Task<ImageAnswer> AskAsync(ImageName image, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            var address = new Uri($"{image.Server}v2/{image.Repository}/manifests/{image.Reference}");
            using var first = await SendAsync(address, token: null, either.Token);
            if (first.StatusCode != HttpStatusCode.Unauthorized)
            {
                return Judge(image, first);
            }

            if (await TokenAsync(first.Headers.WwwAuthenticate, either.Token) is not { } token)
            {
                return NeedsLogin(image);
            }

            using var second = await SendAsync(address, token, either.Token);
            return Judge(image, second);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return OutOfReach(image, $"no answer within {timeout.TotalSeconds:0.#} s");
        }
        catch (HttpRequestException fault) when (fault.InnerException is AuthenticationException tls)
        {
            return OutOfReach(
                image,
                $"its certificate is not trusted here, as behind a proxy that opens TLS: {tls.Message}"
            );
        }
        catch (Exception fault) when (fault is HttpRequestException or JsonException or UriFormatException)
        {
            return OutOfReach(image, fault.Message);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(Uri address, string? token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, address);
        foreach (string type in s_manifests)
        {
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        }

        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    private async Task<string?> TokenAsync(
        IEnumerable<AuthenticationHeaderValue> challenges,
        CancellationToken cancellationToken
    )
    {
        var challenge = challenges.FirstOrDefault(c => c.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase));
        var fields = Fields(challenge?.Parameter ?? "");
        if (!fields.TryGetValue("realm", out string? realm))
        {
            return null;
        }

        var query = fields
            .Where(f => f.Key is "service" or "scope")
            .Select(f => $"{f.Key}={Uri.EscapeDataString(f.Value)}");
        using var response = await http.GetAsync(new Uri($"{realm}?{string.Join('&', query)}"), cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            return null;
        }

        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken)) as JsonObject;
        return answer.Text("token") ?? answer.Text("access_token");
    }

    /// <summary>The fields of a challenge: <c>name="value"</c>, joined by commas that values may have too.</summary>
    private static Dictionary<string, string> Fields(string parameter)
    {
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        string[] parts = parameter.Split('"');
        for (int i = 0; i + 1 < parts.Length; i += 2)
        {
            fields[parts[i].Trim(' ', ',', '=')] = parts[i + 1];
        }

        return fields;
    }

    private static ImageAnswer Judge(ImageName image, HttpResponseMessage response) =>
        response.StatusCode switch
        {
            HttpStatusCode.OK => new ImageAnswer(CheckStatus.Pass, $"can be pulled from {image.Host}"),
            HttpStatusCode.NotFound => new ImageAnswer(
                CheckStatus.Fail,
                $"is not on this machine, and {image.Host} does not have it (404)"
            ),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => NeedsLogin(image),
            var status => new ImageAnswer(
                CheckStatus.Warn,
                $"is not on this machine, and {image.Host} answers {(int)status} {response.ReasonPhrase}"
            ),
        };

    private static ImageAnswer NeedsLogin(ImageName image) =>
        new(
            CheckStatus.Warn,
            $"is not on this machine, and {image.Host} shows it to nobody without a login, or does not have it"
        );

    // The engine on this machine sees the same loopback; another way out, such as its own proxy, only it may have.
    private static ImageAnswer OutOfReach(ImageName image, string why) =>
        new(
            image.IsLocal ? CheckStatus.Fail : CheckStatus.Warn,
            $"is not on this machine, and {image.Host} is out of reach: {why}"
        );
}

/// <summary>An image's name, taken apart as Docker does.</summary>
/// <param name="Host">The registry as it is written.</param>
/// <param name="Repository">The repository on it.</param>
/// <param name="Reference">The tag or the digest.</param>
internal sealed record ImageName(string Host, string Repository, string Reference)
{
    /// <summary>Whether the registry is on this machine; Docker speaks plain HTTP with such ones.</summary>
    public bool IsLocal => Host.Split(':')[0] is "localhost" or "127.0.0.1";

    /// <summary>The address of the registry, with a slash at its end.</summary>
    public string Server =>
        Host == "docker.io" ? "https://registry-1.docker.io/" : $"{(IsLocal ? "http" : "https")}://{Host}/";

    public static ImageName Parse(string image)
    {
        int slash = image.IndexOf('/', StringComparison.Ordinal);
        string first = slash < 0 ? "" : image[..slash];
        bool hasHost =
            first == "localhost"
            || first.Contains('.', StringComparison.Ordinal)
            || first.Contains(':', StringComparison.Ordinal);
        string host = hasHost ? first : "docker.io";
        string rest = hasHost ? image[(slash + 1)..] : image;
        int at = rest.IndexOf('@', StringComparison.Ordinal);
        string reference = at >= 0 ? rest[(at + 1)..] : "latest";
        string repository = at >= 0 ? rest[..at] : rest;
        int colon = repository.LastIndexOf(':');
        if (colon >= 0)
        {
            reference = at >= 0 ? reference : repository[(colon + 1)..];
            repository = repository[..colon];
        }

        return new ImageName(
            host,
            host == "docker.io" && !repository.Contains('/', StringComparison.Ordinal)
                ? $"library/{repository}"
                : repository,
            reference
        );
    }
}
