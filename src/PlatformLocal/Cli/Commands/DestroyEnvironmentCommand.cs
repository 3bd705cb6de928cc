namespace PlatformLocal.Cli.Commands;

internal sealed class DestroyEnvironmentCommand(SharedOptions shared)
    : CommandBase(
        shared,
        "destroy-environment",
        "Remove an environment with everything in it.",
        "platformctl destroy-environment dev-local"
    )
{
    private readonly Argument<string> _name = EnvironmentArgument(shared);
    private readonly Option<int> _timeout = new Option<int>("--timeout")
    {
        Description = "The longest wait, in seconds.",
        DefaultValueFactory = _ => 300,
        HelpName = "SECONDS",
    }.Within(1, NumberRange.Day);

    protected override IReadOnlyList<Symbol> Parameters => [_name, _timeout];

    protected override string GoesOn => "A removal that was asked for goes on in the background.";

    protected override async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        var name = call.Get(_name)!;
        var local = call.Platform;
        using var api = await local.ConnectAsync(cancellationToken);
        await call.Parts.Destroy(api).RunAsync(name, TimeSpan.FromSeconds(call.Get(_timeout)), cancellationToken);
        await call.Parts.EnvironmentClusters(local.State).DeleteAsync(name, call.Terminal.Say, cancellationToken);
        call.Terminal.WriteDone("environment_name", name, $"{name} is removed; nothing of it is left.");
        return ExitCodes.Done;
    }
}
