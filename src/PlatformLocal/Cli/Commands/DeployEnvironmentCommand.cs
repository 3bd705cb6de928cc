using System.CommandLine.Parsing;
using PlatformLocal.Cli.Rendering;
using PlatformLocal.Core.Environments;

namespace PlatformLocal.Cli.Commands;

internal sealed class DeployEnvironmentCommand(SharedOptions shared)
    : CommandBase(
        shared,
        "deploy-environment",
        "Deploy an environment from a claim, or put one back, and wait until it is ready; starts the platform when it "
            + "does not run.",
        "platformctl deploy-environment --file examples/environments/dev-local.json",
        "platformctl deploy-environment --payload '{\"environment_name\":\"mine\",\"services\":{\"auth-service\":\"^2.0\"}}' --deploy-only-specified",
        "platformctl deploy-environment --file claim.json --use-dev-tags --output json",
        "platformctl deploy-environment --file claim.json --upgrade",
        "platformctl deploy-environment dev-local --rollback 3",
        "platformctl deploy-environment --file claim.json --lock dev-local.lock.json"
    )
{
    private readonly ClaimOptions _claim = new(shared);
    private readonly Option<int> _timeout = new Option<int>("--timeout")
    {
        Description = "The longest wait for readiness, in seconds; the deployment itself goes on after it.",
        DefaultValueFactory = _ => 600,
        HelpName = "SECONDS",
    }.Within(1, NumberRange.Day);

    private readonly Option<bool> _noWait = new("--no-wait") { Description = "Return as soon as the claim is stored." };

    protected override IReadOnlyList<Symbol> Parameters => [.. _claim.Parameters, _timeout, _noWait];

    protected override void Validate(CommandResult result) => _claim.Validate(result);

    protected override string GoesOn =>
        $"A deployment that was stored goes on in the background; look at it with: {ShellCommand.Platformctl("list-environments")}";

    protected override async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        var payload = await _claim.ReadAsync(call, cancellationToken);
        _ = Payload.NameIn(payload);
        var local = call.Platform;
        using var api = await local.EnsureRunningAsync(
            call.WorkspaceOf(_claim.FileOf(call)),
            Name,
            call.Terminal.Say,
            cancellationToken
        );
        var request = _claim.RequestOf(call, payload);
        await call
            .Parts.EnvironmentClusters(local.State)
            .EnsureForAsync(api, request, call.Terminal.Say, cancellationToken);
        var operation = call.Parts.Deploy(api);
        var stored = await operation.StoreAsync(request, cancellationToken);
        if (call.Get(_noWait))
        {
            Show(call.Terminal, stored, DeploymentOutcome.WriteAccepted);
            return ExitCodes.Done;
        }

        var timeout = TimeSpan.FromSeconds(call.Get(_timeout));
        var done = await new DeploymentProgress(call.Terminal).ShowAsync(
            stored,
            progress => operation.WaitAsync(stored, progress, timeout, cancellationToken)
        );
        Show(call.Terminal, done, DeploymentOutcome.Write);
        return DeploymentOutcome.ExitCodeOf(done);
    }

    private static void Show(
        Terminal terminal,
        EnvironmentDocument environment,
        Action<Terminal, EnvironmentDocument> tell
    ) => terminal.Show(environment, PlatformJson.Indented.EnvironmentDocument, e => tell(terminal, e));
}
