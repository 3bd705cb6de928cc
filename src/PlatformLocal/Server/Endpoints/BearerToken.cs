using Microsoft.AspNetCore.Http.Features;

namespace PlatformLocal.Server.Endpoints;

/// <summary>Lets only those at the API who know its token, and proves to clients that it knows it.</summary>
internal static class BearerToken
{
    public static void UseBearerToken(this WebApplication app, string token, TimeProvider time)
    {
        var expected = Encoding.UTF8.GetBytes("Bearer " + token);
        app.Use(next => context => CheckAsync(context, token, expected, time, next));
    }

    private static Task CheckAsync(
        HttpContext context,
        string token,
        byte[] expected,
        TimeProvider time,
        RequestDelegate next
    )
    {
        var request = context.Request;
        if (request.Path == TokenProof.Path && HttpMethods.IsGet(request.Method))
        {
            return Prove(context, token);
        }

        if (
            request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase)
            && !LocalSocket.IsOf(context)
            && !IsKnown(request, token, expected, time)
        )
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        }

        return next(context);
    }

    private static Task Prove(HttpContext context, string token)
    {
        var proof = TokenProof.OfServer(token, context.Request.Query["nonce"]);
        context.Response.StatusCode = proof is null ? StatusCodes.Status400BadRequest : StatusCodes.Status204NoContent;
        context.Response.Headers[TokenProof.Header] = proof;
        return Task.CompletedTask;
    }

    private static bool IsKnown(HttpRequest request, string token, byte[] expected, TimeProvider time)
    {
        var given = request.Headers.Authorization.ToString();
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), expected)
            || TokenProof.IsOfRequest(
                token,
                given,
                request.Method,
                request.HttpContext.Features.Get<IHttpRequestFeature>()!.RawTarget,
                time
            );
    }
}
