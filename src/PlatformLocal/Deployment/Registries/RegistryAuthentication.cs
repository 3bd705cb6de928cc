using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace PlatformLocal.Deployment.Registries;

/// <summary>Answers the challenges of registries: basic authentication, and tokens of the service a registry names.</summary>
internal sealed partial class RegistryAuthentication(RegistryCredentials credentials, TimeProvider time)
{
    private static readonly TimeSpan s_shortestLife = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<
        (string Host, string Scope),
        (AuthenticationHeaderValue Header, DateTimeOffset Until)
    > _known = new();

    /// <summary>What was accepted before for the same, if it still holds.</summary>
    public AuthenticationHeaderValue? Known(string host, string scope) =>
        _known.TryGetValue((host, scope), out var known) && known.Until > time.GetUtcNow() ? known.Header : null;

    /// <summary>What a challenge asks for; <see langword="null"/> when there is nothing to answer it with.</summary>
    public async Task<AuthenticationHeaderValue?> AnswerAsync(
        HttpClient http,
        RepositoryName repository,
        string scope,
        HttpResponseMessage refusal,
        CancellationToken cancellationToken
    )
    {
        var credential = await credentials.FindAsync(repository.Host, cancellationToken);
        foreach (var challenge in refusal.Headers.WwwAuthenticate)
        {
            if (
                challenge.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase)
                && credential is { User.Length: > 0 }
            )
            {
                return Remember(repository.Host, scope, Basic(credential), DateTimeOffset.MaxValue);
            }

            if (challenge.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
            {
                var parameters = Parameter()
                    .Matches(challenge.Parameter ?? "")
                    .ToDictionary(
                        m => m.Groups["name"].Value,
                        m => m.Groups["value"].Value,
                        StringComparer.OrdinalIgnoreCase
                    );
                return await TokenAsync(http, repository, scope, parameters, credential, cancellationToken);
            }
        }

        return null;
    }

    private async Task<AuthenticationHeaderValue?> TokenAsync(
        HttpClient http,
        RepositoryName repository,
        string scope,
        Dictionary<string, string> challenge,
        RegistryCredential? credential,
        CancellationToken cancellationToken
    )
    {
        if (!Uri.TryCreate(challenge.GetValueOrDefault("realm"), UriKind.Absolute, out var realm) || !IsSafe(realm))
        {
            throw new PlatformException(
                $"{repository.Host} sends to '{challenge.GetValueOrDefault("realm")}' for a token, which is no https address.",
                "Secrets are not sent there; ask who runs the registry."
            );
        }

        var wanted = challenge.GetValueOrDefault("scope") is { Length: > 0 } named ? named : scope;
        var service = challenge.GetValueOrDefault("service") ?? "";
        using var request = credential?.IdentityToken is { } identity
            ? new HttpRequestMessage(HttpMethod.Post, realm)
            {
                Content = new FormUrlEncodedContent(
                    new Dictionary<string, string>
                    {
                        ["grant_type"] = "refresh_token",
                        ["refresh_token"] = identity,
                        ["service"] = service,
                        ["scope"] = wanted,
                        ["client_id"] = "platformctl",
                    }
                ),
            }
            : new HttpRequestMessage(
                HttpMethod.Get,
                $"{realm}{(realm.Query.Length > 0 ? "&" : "?")}service={Uri.EscapeDataString(service)}"
                    + $"&scope={Uri.EscapeDataString(wanted)}"
            );
        if (credential is { User.Length: > 0 })
        {
            request.Headers.Authorization = Basic(credential);
        }

        using var response = await http.SendAsync(request, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            return null;
        }

        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
        var token = (string?)answer?["token"] ?? (string?)answer?["access_token"];
        var life = TimeSpan.FromSeconds((double?)answer?["expires_in"] ?? s_shortestLife.TotalSeconds);
        // A token that ends while a request is under way is of no use.
        var until = time.GetUtcNow() + (life / 2);
        return token is null
            ? null
            : Remember(repository.Host, scope, new AuthenticationHeaderValue("Bearer", token), until);
    }

    private AuthenticationHeaderValue Remember(
        string host,
        string scope,
        AuthenticationHeaderValue header,
        DateTimeOffset until
    )
    {
        _known[(host, scope)] = (header, until);
        return header;
    }

    private static bool IsSafe(Uri address) => address.Scheme == Uri.UriSchemeHttps || address.IsLoopback;

    private static AuthenticationHeaderValue Basic(RegistryCredential credential) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.User}:{credential.Password}")));

    [GeneratedRegex(
        "(?<name>[a-zA-Z_]+)=\"(?<value>[^\"]*)\"",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Parameter();
}
