using System.Buffers.Text;
using System.Security.Cryptography;

namespace EmbeddedKubernetes.Certificates;

/// <summary>
/// Tokens of service accounts: JWTs that this cluster signs and recognizes. Roles are not evaluated here, so such a token
/// says who somebody is and opens nothing.
/// </summary>
internal sealed class ServiceAccountTokens(string secret, TimeProvider time)
{
    private const string Issuer = "https://kubernetes.default.svc";
    private readonly byte[] _key = SHA256.HashData(Encoding.UTF8.GetBytes("service account tokens of " + secret));

    /// <param name="account">The service account.</param>
    /// <param name="audiences">Whom the token is for; empty for this API.</param>
    /// <param name="seconds">How long it lives.</param>
    public (string Token, DateTimeOffset Expires) Issue(JsonObject account, JsonArray audiences, long seconds)
    {
        var now = time.GetUtcNow();
        var (ns, name) = (account.Str("metadata", "namespace")!, account.Str("metadata", "name")!);
        var claims = new JsonObject
        {
            ["iss"] = Issuer,
            ["sub"] = $"system:serviceaccount:{ns}:{name}",
            ["aud"] = audiences.Count > 0 ? audiences.DeepClone() : new JsonArray(Issuer),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["nbf"] = now.ToUnixTimeSeconds(),
            ["exp"] = now.ToUnixTimeSeconds() + seconds,
            ["jti"] = Guid.NewGuid().ToString(),
            ["kubernetes.io"] = new JsonObject
            {
                ["namespace"] = ns,
                ["serviceaccount"] = new JsonObject { ["name"] = name, ["uid"] = account.Str("metadata", "uid") },
            },
        };
        var head = Base64Url.EncodeToString("""{"alg":"HS256","typ":"JWT"}"""u8);
        var text = $"{head}.{Base64Url.EncodeToString(claims.ToUtf8())}";
        return ($"{text}.{Sign(text)}", now.AddSeconds(seconds));
    }

    /// <summary>What a token says; null when it is none of ours or no longer valid.</summary>
    public JsonObject? Read(string token)
    {
        var last = token.LastIndexOf('.');
        if (
            last < 0
            || !CryptographicOperations.FixedTimeEquals(
                Encoding.UTF8.GetBytes(token[(last + 1)..]),
                Encoding.UTF8.GetBytes(Sign(token[..last]))
            )
        )
        {
            return null;
        }
        var claims =
            JsonNode.Parse(
                Base64Url.DecodeFromChars(token.AsSpan()[(token.IndexOf('.', StringComparison.Ordinal) + 1)..last])
            ) as JsonObject;
        return claims.Long("exp") > time.GetUtcNow().ToUnixTimeSeconds() ? claims : null;
    }

    private string Sign(string text) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(text)));
}
