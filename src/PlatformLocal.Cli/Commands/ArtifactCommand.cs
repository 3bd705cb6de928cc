using System.CommandLine;
using System.Text.Json.Nodes;
using PlatformLocal.Cli.Rendering;
using PlatformLocal.Operations;
using PlatformLocal.PlatformApi;
using PlatformLocal.Processes;

namespace PlatformLocal.Cli.Commands;

internal sealed class ArtifactCommand(SharedOptions shared) : CommandBase(shared)
{
    private readonly Argument<string> _action = new Argument<string>("ACTION")
    {
        Description = "push: pack the manifests of a service and put them into the workspace's registry.",
    }.AcceptOnlyFromAmong("push");

    private readonly Argument<string> _service = new("SERVICE") { Description = "A service of the workspace." };

    private readonly Argument<string> _version = new("VERSION") { Description = "The version it gets as its tag." };

    private readonly Option<string> _to = new Option<string>("--to")
    {
        Description = "The repository: of releases, of everybody's development builds, or of your own.",
        DefaultValueFactory = _ => "snapshots",
    }.AcceptOnlyFromAmong("releases", "snapshots", "user");

    private readonly Option<string> _user = new("--user")
    {
        Description = "Whose repository it is, with --to user.",
        DefaultValueFactory = _ => Environment.UserName,
    };

    public override string Name => "artifact";

    public override IReadOnlyList<string> Examples =>
        [
            "platformctl artifact push user-service 1.5.0-dev.14",
            "platformctl artifact push user-service 1.5.0 --to releases",
        ];

    protected override string Description => "Put a service's manifests into a registry, as Flux reads them.";

    protected override void Configure(Command command)
    {
        command.Arguments.Add(_action);
        command.Arguments.Add(_service);
        command.Arguments.Add(_version);
        command.Options.Add(_to);
        command.Options.Add(_user);
    }

    protected override async Task<int> RunAsync(
        ParseResult parsed,
        Terminal terminal,
        CancellationToken cancellationToken
    )
    {
        var folder =
            Shared.WorkspaceOf(parsed)
            ?? throw new PlatformException("There is no workspace here.", "Name one with --workspace.")
            {
                Kind = FailureKind.InvalidInput,
            };
        var pushed = await new PushArtifact(new ProgramRunner(TimeProvider.System), TimeProvider.System).RunAsync(
            folder,
            parsed.GetValue(_service)!,
            parsed.GetValue(_version)!,
            parsed.GetValue(_to) switch
            {
                "releases" => ArtifactTarget.Releases,
                "user" => ArtifactTarget.User,
                _ => ArtifactTarget.Snapshots,
            },
            parsed.GetValue(_user)!,
            cancellationToken
        );
        if (terminal.IsJson)
        {
            terminal.Write(
                new JsonObject { ["artifact"] = pushed.Name, ["digest"] = pushed.Digest },
                PlatformJson.Indented.JsonObject
            );
        }
        else
        {
            await Console.Out.WriteLineAsync($"{pushed.Name}@{pushed.Digest}");
        }

        return ExitCodes.Done;
    }
}
