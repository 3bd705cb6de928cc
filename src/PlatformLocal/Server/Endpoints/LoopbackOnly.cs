using System.Net;

namespace PlatformLocal.Server.Endpoints;

/// <summary>
/// Refuses what comes by way of a browser: a page that has its name lead to this machine, or that asks from elsewhere. The
/// API on the host is for programs of this machine.
/// </summary>
internal static class LoopbackOnly
{
    public static void UseLoopbackOnly(this WebApplication app) =>
        app.Use(next =>
            context =>
                IsLoopback(context.Request.Host.Host) && context.Request.Headers.Origin.Count == 0
                    ? next(context)
                    : throw new PlatformException(
                        FailureKind.NotAllowed,
                        "The Platform API answers to localhost alone, and to no page of a browser.",
                        "Use its address as platform-status shows it."
                    )
        );

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
