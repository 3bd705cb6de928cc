using PlatformLocal.Cli.Rendering;

namespace PlatformLocal.Cli.Commands;

internal sealed class PlatformStatusCommand(SharedOptions shared)
    : CommandBase(
        shared,
        "platform-status",
        "Show the platform and its parts.",
        "platformctl platform-status",
        "platformctl platform-status --output json"
    )
{
    protected override async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        var local = call.Platform;
        using var api = await local.ConnectAsync(cancellationToken);
        PlatformReport.Show(call.Terminal, await local.DescribeAsync(api, cancellationToken));
        return ExitCodes.Done;
    }
}
