using PlatformLocal.Cli.Rendering;

namespace PlatformLocal.Cli.Commands;

internal sealed class PlatformStatusCommand(SharedOptions shared) : CommandBase(shared)
{
    public override string Name => "platform-status";

    public override IReadOnlyList<string> Examples =>
        ["platformctl platform-status", "platformctl platform-status --output json"];

    protected override string Description => "Show the platform and its parts.";

    protected override async Task<int> RunAsync(
        ParseResult parsed,
        Terminal terminal,
        CancellationToken cancellationToken
    )
    {
        var local = Shared.PlatformOf(parsed);
        using var api = await local.ConnectAsync(cancellationToken);
        PlatformReport.Write(terminal, await local.DescribeAsync(api, cancellationToken));
        return ExitCodes.Done;
    }
}
