using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace PlatformLocal.Deployment.Registries;

/// <summary>Answers the challenges of registries: basic authentication, and tokens of the service a registry names.</summary>
/// <param name="credentials">Who we are at which registry.</param>
/// <param name="time">The clock that tokens end by.</param>
/// <param name="ask">Sends a request about a repository and reads the object that answers it; nothing when it is refused.</param>
internal sealed partial class RegistryAuthentication(
    RegistryCredentials credentials,
    TimeProvider time,
    Func<RepositoryName, HttpRequestMessage, CancellationToken, Task<JsonObject?>> ask
)
{
    private static readonly TimeSpan s_shortestLife = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_longestLife = TimeSpan.FromDays(1);

    private readonly ConcurrentDictionary<
        (string Host, string Scope),
        (AuthenticationHeaderValue Header, DateTimeOffset Until)
    > _known = new();

    /// <summary>What was accepted before for the same, if it still holds.</summary>
    public AuthenticationHeaderValue? Known(string host, string scope) =>
        _known.TryGetValue((host, scope), out var known) && known.Until > time.GetUtcNow() ? known.Header : null;

    /// <summary>What a challenge asks for; <see langword="null"/> when there is nothing to answer it with.</summary>
    public async Task<AuthenticationHeaderValue?> AnswerAsync(
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
                    .DistinctBy(m => m.Groups["name"].Value, StringComparer.OrdinalIgnoreCase)
                    .ToDictionary(
                        m => m.Groups["name"].Value,
                        m => m.Groups["value"].Value,
                        StringComparer.OrdinalIgnoreCase
                    );
                var asked = refusal.RequestMessage?.RequestUri;
                return await TokenAsync(asked, repository, scope, parameters, credential, cancellationToken);
            }
        }

        return null;
    }

    private async Task<AuthenticationHeaderValue?> TokenAsync(
        Uri? asked,
        RepositoryName repository,
        string scope,
        Dictionary<string, string> challenge,
        RegistryCredential? credential,
        CancellationToken cancellationToken
    )
    {
        if (
            !Uri.TryCreate(challenge.GetValueOrDefault("realm"), UriKind.Absolute, out var realm)
            || !IsSafe(realm, asked)
        )
        {
            throw new PlatformException(
                $"{repository.Host} sends to '{challenge.GetValueOrDefault("realm")}' for a token, which is no https address and not the registry itself.",
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

        if (await ask(repository, request, cancellationToken) is not { } answer)
        {
            return null;
        }

        var token = answer.Text("token") ?? answer.Text("access_token");
        var life = Math.Clamp(
            answer.Number("expires_in") ?? 0,
            s_shortestLife.TotalSeconds,
            s_longestLife.TotalSeconds
        );
        // A token that ends while a request is under way is of no use.
        var until = time.GetUtcNow() + (TimeSpan.FromSeconds(life) / 2);
        return token is { Length: > 0 } && token.All(char.IsAscii) && !token.Any(char.IsControl)
            ? Remember(repository.Host, scope, new AuthenticationHeaderValue("Bearer", token), until)
            : null;
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

    // Whoever listens on another port of this machine is not the registry.
    private static bool IsSafe(Uri address, Uri? asked) =>
        address.Scheme == Uri.UriSchemeHttps
        || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback && address.Authority == asked?.Authority);

    private static AuthenticationHeaderValue Basic(RegistryCredential credential) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.User}:{credential.Password}")));

    [GeneratedRegex(
        "(?<name>[a-zA-Z_]+)=\"(?<value>[^\"]*)\"",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Parameter();
}
