using EmbeddedKubernetes.Api.Requests;

namespace EmbeddedKubernetes.Api;

/// <summary>Questions about access. Whoever has the token may do everything.</summary>
internal static class Reviews
{
    public const string User = "embedded-admin";

    public static async Task AnswerAsync(ApiRequest request, RequestTarget target)
    {
        var body = await request.ReadObjectAsync();
        body["apiVersion"] = target.Type.ApiVersion;
        body["kind"] = target.Type.Kind;
        body.Metadata();
        body["status"] = target.Type.Kind switch
        {
            "TokenReview" => Token(request, body.Str("spec", "token")),
            "SelfSubjectReview" => new JsonObject { ["userInfo"] = Identity() },
            "SelfSubjectRulesReview" => Rules(),
            _ => new JsonObject { ["allowed"] = true },
        };
        await ApiResponse.WriteAsync(request.Http, 201, body);
    }

    // Only the token the question itself was asked with is known.
    private static JsonObject Token(ApiRequest request, string? token) =>
        !string.IsNullOrEmpty(token)
        && request.Http.Request.Headers.Authorization.ToString().EndsWith(" " + token, StringComparison.Ordinal)
            ? new() { ["authenticated"] = true, ["user"] = Identity() }
            : new() { ["authenticated"] = false, ["error"] = "unknown token" };

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
