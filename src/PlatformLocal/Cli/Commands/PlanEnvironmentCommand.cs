using System.CommandLine.Parsing;
using PlatformLocal.Cli.Rendering;
using PlatformLocal.Core.Environments;

namespace PlatformLocal.Cli.Commands;

internal sealed class PlanEnvironmentCommand(SharedOptions shared)
    : CommandBase(
        shared,
        "plan-environment",
        "Say what deploying a claim would change, and why; change nothing.",
        "platformctl plan-environment --file examples/environments/dev-local.json",
        "platformctl plan-environment --file claim.json --upgrade --output json",
        "platformctl plan-environment dev-local --rollback 3",
        "platformctl plan-environment --file claim.json --output json > plan.json"
    )
{
    private readonly ClaimOptions _claim = new(shared);

    protected override IReadOnlyList<Symbol> Parameters => _claim.Parameters;

    protected override void Validate(CommandResult result) => _claim.Validate(result);

    protected override async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        var payload = await _claim.ReadAsync(call, cancellationToken);
        var name = Payload.NameIn(payload);
        using var api = await call.Platform.EnsureRunningAsync(
            call.WorkspaceOf(_claim.FileOf(call)),
            Name,
            call.Terminal.Say,
            cancellationToken
        );
        var plan = await api.PlanAsync(name, _claim.RequestOf(call, payload), cancellationToken);
        call.Terminal.Show(plan, PlatformJson.Indented.PlanDocument, p => PlanReport.Write(call.Terminal, p));
        return ExitCodes.Done;
    }
}
