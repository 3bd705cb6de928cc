using EmbeddedKubernetes.Api.Requests;
using EmbeddedKubernetes.Certificates;

namespace EmbeddedKubernetes.Api;

/// <summary>Questions about access. Whoever has the token may do everything.</summary>
internal static class Reviews
{
    private const string User = Admission.KindPreparation.Requester;

    public static async Task AnswerAsync(ApiRequest request, RequestTarget target, ServiceAccountTokens tokens)
    {
        var body = await request.ReadObjectAsync();
        body["apiVersion"] = target.Type.ApiVersion;
        body["kind"] = target.Type.Kind;
        body.Metadata();
        body["status"] = target.Type.Kind switch
        {
            "TokenReview" => Token(request, body.Str("spec", "token"), tokens),
            "SelfSubjectReview" => new JsonObject { ["userInfo"] = Identity() },
            "SelfSubjectRulesReview" => Rules(),
            _ => new JsonObject { ["allowed"] = true },
        };
        await ApiResponse.WriteAsync(request.Http, 201, body);
    }

    // Only the token the question itself was asked with is known.
    private static JsonObject Token(ApiRequest request, string? token, ServiceAccountTokens tokens) =>
        token is not null && tokens.Read(token) is { } claims
            ? new() { ["authenticated"] = true, ["user"] = Account(claims) }
        : !string.IsNullOrEmpty(token)
        && request.Http.Request.Headers.Authorization.ToString().EndsWith(" " + token, StringComparison.Ordinal)
            ? new() { ["authenticated"] = true, ["user"] = Identity() }
        : new() { ["authenticated"] = false, ["error"] = "unknown token" };

    private static JsonObject Account(JsonObject claims) =>
        new()
        {
            ["username"] = claims.Str("sub"),
            ["uid"] = claims.Str("kubernetes.io", "serviceaccount", "uid"),
            ["groups"] = new JsonArray(
                "system:serviceaccounts",
                "system:serviceaccounts:" + claims.Str("kubernetes.io", "namespace"),
                "system:authenticated"
            ),
        };

    private static JsonObject Identity() =>
        new() { ["username"] = User, ["groups"] = new JsonArray("system:masters", "system:authenticated") };

    private static JsonObject Rules() =>
        new()
        {
            ["resourceRules"] = new JsonArray(
                new JsonObject
                {
                    ["verbs"] = new JsonArray("*"),
                    ["apiGroups"] = new JsonArray("*"),
                    ["resources"] = new JsonArray("*"),
                }
            ),
            ["nonResourceRules"] = new JsonArray(
                new JsonObject { ["verbs"] = new JsonArray("*"), ["nonResourceURLs"] = new JsonArray("*") }
            ),
            ["incomplete"] = false,
        };
}
