using PlatformLocal.Cli.Rendering;
using PlatformLocal.Core.Environments;

namespace PlatformLocal.Cli.Commands;

internal sealed class DeployEnvironmentCommand(SharedOptions shared) : CommandBase(shared)
{
    private readonly ClaimOptions _payload = new(shared);
    private readonly Option<int> _timeout = new("--timeout")
    {
        Description = "The longest wait for readiness, in seconds; the deployment itself goes on after it.",
        DefaultValueFactory = _ => 600,
        HelpName = "SECONDS",
    };

    private readonly Option<bool> _noWait = new("--no-wait") { Description = "Return as soon as the claim is stored." };

    public override string Name => "deploy-environment";

    public override IReadOnlyList<string> Examples =>
        [
            "platformctl deploy-environment --file examples/environments/dev-local.json",
            "platformctl deploy-environment --payload '{\"environment_name\":\"mine\",\"services\":{\"auth-service\":\"^2.0\"}}' --deploy-only-specified",
            "platformctl deploy-environment --file claim.json --use-dev-tags --output json",
            "platformctl deploy-environment --file claim.json --upgrade",
            "platformctl deploy-environment dev-local --rollback 3",
            "platformctl deploy-environment --file claim.json --lock dev-local.lock.json",
        ];

    protected override string Description =>
        "Deploy an environment from a claim, or put one back, and wait until it is ready; starts the platform when it "
        + "does not run.";

    protected override void Configure(Command command)
    {
        _payload.AddTo(command);
        command.Options.Add(_timeout);
        command.Options.Add(_noWait);
    }

    protected override string GoesOn(ParseResult parsed) =>
        "A deployment that was stored goes on in the background; look at it with: platformctl list-environments";

    protected override async Task<int> RunAsync(
        ParseResult parsed,
        Terminal terminal,
        CancellationToken cancellationToken
    )
    {
        var payload = await _payload.ReadAsync(parsed, cancellationToken);
        _ = Payload.NameIn(payload);
        var local = Shared.PlatformOf(parsed);
        using var api = await local.EnsureRunningAsync(
            Shared.WorkspaceOf(parsed, _payload.FileOf(parsed)),
            Name,
            terminal.Say,
            cancellationToken
        );
        var request = _payload.RequestOf(parsed, payload);
        await Shared
            .Parts.EnvironmentClusters(local.State)
            .EnsureForAsync(api, request, terminal.Say, cancellationToken);
        var operation = Shared.Parts.Deploy(api);
        var stored = await operation.StoreAsync(request, cancellationToken);
        if (parsed.GetValue(_noWait))
        {
            Show(terminal, stored);
            return ExitCodes.Done;
        }

        var timeout = TimeSpan.FromSeconds(parsed.GetValue(_timeout));
        var done = await new DeploymentProgress(terminal).ShowAsync(
            stored,
            progress => operation.WaitAsync(stored, progress, timeout, cancellationToken)
        );
        Show(terminal, done);
        return DeploymentOutcome.ExitCodeOf(done);
    }

    private static void Show(Terminal terminal, EnvironmentDocument environment)
    {
        if (terminal.IsJson)
        {
            terminal.Write(environment, PlatformJson.Indented.EnvironmentDocument);
        }
        else
        {
            DeploymentOutcome.Write(terminal, environment);
        }
    }
}
