using PlatformLocal.Cli.Rendering;
using PlatformLocal.Core.Environments;

namespace PlatformLocal.Cli.Commands;

internal sealed class PlanEnvironmentCommand(SharedOptions shared) : CommandBase(shared)
{
    private readonly ClaimOptions _payload = new(shared);

    public override string Name => "plan-environment";

    public override IReadOnlyList<string> Examples =>
        [
            "platformctl plan-environment --file examples/environments/dev-local.json",
            "platformctl plan-environment --file claim.json --upgrade --output json",
            "platformctl plan-environment dev-local --rollback 3",
            "platformctl plan-environment --file claim.json --output json > plan.json",
        ];

    protected override string Description => "Say what deploying a claim would change, and why; change nothing.";

    protected override void Configure(Command command) => _payload.AddTo(command);

    protected override async Task<int> RunAsync(
        ParseResult parsed,
        Terminal terminal,
        CancellationToken cancellationToken
    )
    {
        var payload = await _payload.ReadAsync(parsed, cancellationToken);
        var name = Payload.NameIn(payload);
        using var api = await Shared
            .PlatformOf(parsed)
            .EnsureRunningAsync(
                Shared.WorkspaceOf(parsed, _payload.FileOf(parsed)),
                Name,
                terminal.Say,
                cancellationToken
            );
        var plan = await api.PlanAsync(name, _payload.RequestOf(parsed, payload), cancellationToken);
        if (terminal.IsJson)
        {
            terminal.Write(plan, PlatformJson.Indented.PlanDocument);
        }
        else
        {
            PlanReport.Write(terminal, plan);
        }

        return ExitCodes.Done;
    }
}
