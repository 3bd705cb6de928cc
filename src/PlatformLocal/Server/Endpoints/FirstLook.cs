using PlatformLocal.Server.Reconciliation;

namespace PlatformLocal.Server.Endpoints;

/// <summary>Right after the start nothing is known of environments that are there: nobody may be told that they are not.</summary>
internal static class FirstLook
{
    public static void UseFirstLook(this WebApplication app)
    {
        var reconciler = app.Services.GetRequiredService<Reconciler>();
        app.Use(next =>
            async context =>
            {
                var path = context.Request.Path;
                if (
                    path.StartsWithSegments(EnvironmentEndpoints.Path, StringComparison.OrdinalIgnoreCase)
                    || path.StartsWithSegments(RegistryEventEndpoints.Path, StringComparison.OrdinalIgnoreCase)
                )
                {
                    await reconciler.FirstLook.WaitAsync(context.RequestAborted);
                }

                await next(context);
            }
        );
    }
}
