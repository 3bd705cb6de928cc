using PlatformLocal.Cli.Rendering;

namespace PlatformLocal.Cli.Commands;

internal sealed class DestroyEnvironmentCommand(SharedOptions shared) : CommandBase(shared)
{
    private readonly Argument<string> _name = EnvironmentArgument(shared);
    private readonly Option<int> _timeout = new("--timeout")
    {
        Description = "The longest wait, in seconds.",
        DefaultValueFactory = _ => 300,
        HelpName = "SECONDS",
    };

    public override string Name => "destroy-environment";

    public override IReadOnlyList<string> Examples => ["platformctl destroy-environment dev-local"];

    protected override string Description => "Remove an environment with everything in it.";

    protected override void Configure(Command command)
    {
        command.Arguments.Add(_name);
        command.Options.Add(_timeout);
    }

    protected override string GoesOn(ParseResult parsed) => "A removal that was asked for goes on in the background.";

    protected override async Task<int> RunAsync(
        ParseResult parsed,
        Terminal terminal,
        CancellationToken cancellationToken
    )
    {
        var name = parsed.GetValue(_name)!;
        var local = Shared.PlatformOf(parsed);
        using var api = await local.ConnectAsync(cancellationToken);
        await Shared
            .Parts.Destroy(api)
            .RunAsync(name, TimeSpan.FromSeconds(parsed.GetValue(_timeout)), cancellationToken);
        await Shared.Parts.EnvironmentClusters(local.State).DeleteAsync(name, terminal.Say, cancellationToken);
        terminal.WriteDone("environment_name", name, $"{name} is removed; nothing of it is left.");
        return ExitCodes.Done;
    }
}
