using PlatformLocal.Cli.Rendering;

namespace PlatformLocal.Cli.Commands;

internal sealed class DestroyEnvironmentCommand(SharedOptions shared)
    : CommandBase(
        shared,
        "destroy-environment",
        "Remove an environment with everything in it.",
        "platformctl destroy-environment dev-local",
        "platformctl destroy-environment prod-local --yes"
    )
{
    private readonly Argument<string> _name = EnvironmentArgument(shared);
    private readonly Option<int> _timeout = new Option<int>("--timeout")
    {
        Description = "The longest wait, in seconds.",
        DefaultValueFactory = _ => 300,
        HelpName = "SECONDS",
    }.Within(1, NumberRange.Day);

    private readonly Option<bool> _yes = SharedOptions.NewYes();

    protected override IReadOnlyList<Symbol> Parameters => [_name, _timeout, _yes];

    protected override string GoesOn => "A removal that was asked for goes on in the background.";

    protected override async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        var name = call.Get(_name)!;
        var local = call.Platform;
        using var api = await local.ConnectAsync(cancellationToken);
        if (!call.Get(_yes) && call.Terminal.CanAsk && await MattersAsync(api, name, cancellationToken) is { } what)
        {
            call.Terminal.Confirm(isGiven: false, what);
        }

        var timeout = TimeSpan.FromSeconds(call.Get(_timeout));
        var gone = new EnvironmentDocument { EnvironmentName = name, Phase = EnvironmentPhase.Deleting };
        var left = await new DeploymentProgress(call.Terminal).ShowAsync(
            gone,
            progress => call.Parts.Destroy(api).RunAsync(name, timeout, progress, cancellationToken)
        );
        await call.Parts.EnvironmentClusters(local.State).DeleteAsync(name, call.Terminal.Say, cancellationToken);
        var sentence = left.Count == 0 ? "nothing of it is left." : $"left is:\n  {string.Join("\n  ", left)}";
        call.Terminal.WriteDone("environment_name", name, $"{name} is removed; {sentence}", left);
        return ExitCodes.Done;
    }

    /// <summary>What goes with an environment that nobody makes again by the way: one of stage or prod, or of which not even that is known.</summary>
    private static async Task<string?> MattersAsync(
        PlatformApiClient api,
        string name,
        CancellationToken cancellationToken
    ) =>
        await api.FindAsync(name, cancellationToken) switch
        {
            null or { EnvironmentType: "dev" or "sue" } => null,
            { EnvironmentType: { } type, Services.Count: var count } =>
                $"The {type} environment {name} is removed with its {Counted.Of(count, "service")}, all data and its secrets.",
            _ => $"The environment {name}, whose claim cannot be read, is removed with everything in it.",
        };
}
