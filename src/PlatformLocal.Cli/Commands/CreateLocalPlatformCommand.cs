using System.CommandLine;
using PlatformLocal.Cli.Rendering;

namespace PlatformLocal.Cli.Commands;

internal sealed class CreateLocalPlatformCommand(SharedOptions shared) : CommandBase(shared)
{
    public override string Name => "create-local-platform";

    public override IReadOnlyList<string> Examples =>
        [
            "platformctl create-local-platform --workspace examples",
            "platformctl create-local-platform --name second --workspace examples",
        ];

    protected override string Description => "Create the platform, or start it again; leaves a running one untouched.";

    protected override string GoesOn(ParseResult parsed) => "A platform that was starting goes on in the background.";

    protected override async Task<int> RunAsync(
        ParseResult parsed,
        Terminal terminal,
        CancellationToken cancellationToken
    )
    {
        using var api = await Shared
            .PlatformOf(parsed)
            .EnsureRunningAsync(Shared.WorkspaceOf(parsed), terminal.Say, cancellationToken);
        PlatformReport.Write(terminal, await api.GetPlatformAsync(cancellationToken));
        return ExitCodes.Done;
    }
}
