namespace PlatformLocal.Server.Endpoints;

/// <summary>Lets only those at the API who know its token.</summary>
internal static class BearerToken
{
    public static void UseBearerToken(this WebApplication app, string token)
    {
        var expected = Encoding.UTF8.GetBytes("Bearer " + token);
        app.Use(next => context => CheckAsync(context, expected, next));
    }

    private static Task CheckAsync(HttpContext context, byte[] expected, RequestDelegate next)
    {
        var given = Encoding.UTF8.GetBytes(context.Request.Headers.Authorization.ToString());
        if (
            context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase)
            && !CryptographicOperations.FixedTimeEquals(given, expected)
        )
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        }

        return next(context);
    }
}
