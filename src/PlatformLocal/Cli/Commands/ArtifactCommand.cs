using PlatformLocal.Cli.Rendering;
using PlatformLocal.Deployment.Artifacts;
using PlatformLocal.Deployment.Workspaces;
using Spectre.Console;

namespace PlatformLocal.Cli.Commands;

internal sealed class ArtifactCommand(SharedOptions shared) : CommandBase(shared)
{
    private readonly Argument<string> _action = new Argument<string>("ACTION")
    {
        Description =
            "push: put a service, its definition, manifests and playbook, into the workspace's registry; prune: delete "
            + "development builds there that are old, images as well.",
    }.AcceptOnlyFromAmong("push", "prune");

    private readonly Argument<string?> _service = new("SERVICE")
    {
        Description = "To push: a service of the workspace.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Argument<string?> _version = new("VERSION")
    {
        Description = "To push: the version it gets as its tag.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string> _to = new Option<string>("--to")
    {
        Description = "To push: the repository of releases, of everybody's development builds, or of your own.",
        DefaultValueFactory = _ => "snapshots",
    }.AcceptOnlyFromAmong("releases", "snapshots", "user");

    private readonly Option<string> _user = new("--user")
    {
        Description = "Whose repository it is, with --to user.",
        DefaultValueFactory = _ => Environment.UserName,
    };

    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "To prune: delete without asking." };

    public override string Name => "artifact";

    public override IReadOnlyList<string> Examples =>
        [
            "platformctl artifact push user-service 1.5.0-dev.14",
            "platformctl artifact push user-service 1.5.0-dev.15 --to user",
            "platformctl artifact push user-service 1.5.0 --to releases",
            "platformctl artifact prune",
            "platformctl artifact prune --yes --output json",
        ];

    protected override string Description =>
        "Put services into a registry, as Flux reads them; delete old builds there.";

    protected override void Configure(Command command)
    {
        command.Arguments.Add(_action);
        command.Arguments.Add(_service);
        command.Arguments.Add(_version);
        command.Options.Add(_to);
        command.Options.Add(_user);
        command.Options.Add(_yes);
        command.Validators.Add(result =>
        {
            var isPush = result.GetValue(_action) == "push";
            if (isPush && result.GetValue(_version) is null)
            {
                result.AddError("Name what is pushed: artifact push SERVICE VERSION.");
            }
            else if (!isPush && result.GetValue(_service) is not null)
            {
                result.AddError("artifact prune takes no service: it looks at the whole registry.");
            }
        });
    }

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        var folder =
            Shared.WorkspaceOf(parsed)
            ?? Shared.StateOf(parsed).ReadSettings()?.Workspace
            ?? throw new PlatformException(
                "There is no workspace here.",
                "Name one with --workspace.",
                kind: FailureKind.InvalidInput
            );
        return parsed.GetValue(_action) == "push"
            ? PushAsync(parsed, terminal, folder, cancellationToken)
            : PruneAsync(parsed, terminal, folder, cancellationToken);
    }

    private async Task<int> PushAsync(
        ParseResult parsed,
        Terminal terminal,
        string folder,
        CancellationToken cancellationToken
    )
    {
        var pushed = await Shared.Parts.PushArtifact.RunAsync(
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
            var result = new JsonObject { ["artifact"] = pushed.Name, ["digest"] = pushed.Digest };
            if (pushed.Playbook is { } playbook)
            {
                result["playbook"] = new JsonObject { ["artifact"] = playbook.Name, ["digest"] = playbook.Digest };
            }

            terminal.Write(result, PlatformJson.Indented.JsonObject);
            return ExitCodes.Done;
        }

        foreach (var artifact in new[] { pushed.Playbook, pushed }.OfType<PushedArtifact>())
        {
            await Console.Out.WriteLineAsync($"{artifact.Name}@{artifact.Digest}");
        }

        return ExitCodes.Done;
    }

    private async Task<int> PruneAsync(
        ParseResult parsed,
        Terminal terminal,
        string folder,
        CancellationToken cancellationToken
    )
    {
        var registry = WorkspaceReader.Read(folder).Registry;
        var prune = Shared.Parts.PruneArtifacts;
        terminal.Say($"Looking at the development builds in {registry}");
        var plan = await prune.PlanAsync(registry, Shared.StateOf(parsed).Root, cancellationToken);
        var count = plan.Count(a => a.Retention == Retention.Delete);
        if (!terminal.IsJson)
        {
            Show(terminal, plan);
        }

        var deletes = count > 0 && (parsed.GetValue(_yes) || Ask(terminal, count));
        var deleted = deletes
            ? await prune.DeleteAsync(plan, a => terminal.Say($"Deleted {a.Repository}@{a.Digest}"), cancellationToken)
            : 0;
        if (terminal.IsJson)
        {
            terminal.Write(ToJson(plan, deleted), PlatformJson.Indented.JsonObject);
        }
        else
        {
            await Console.Out.WriteLineAsync(
                count == 0 ? "There is nothing to delete."
                : deletes ? $"{deleted} deleted; the registry frees their space when it collects garbage."
                : "Nothing was deleted: repeat it with --yes."
            );
        }

        return ExitCodes.Done;
    }

    private static bool Ask(Terminal terminal, int count)
    {
        if (Console.IsInputRedirected || terminal.IsJson)
        {
            return false;
        }

        terminal.Say($"Type yes to delete {count}:");
        return Console.In.ReadLine()?.Trim() == "yes";
    }

    private static void Show(Terminal terminal, IReadOnlyList<RetainedArtifact> plan)
    {
        var table = Tables.New("", "REPOSITORY", "TAGS", "AGE", "DIGEST");
        foreach (var artifact in plan.Where(a => a.Retention != Retention.Young))
        {
            table.AddRow(
                artifact.Retention switch
                {
                    Retention.Delete => "[red]delete[/]",
                    Retention.Used => "in use",
                    _ => "no date",
                },
                artifact.Repository.ToString(),
                string.Join(", ", artifact.Tags),
                Tables.Age(artifact.Created, TimeProvider.System),
                artifact.Digest[..19]
            );
        }

        if (table.Rows.Count > 0)
        {
            terminal.Result.Write(table);
        }
    }

    private static JsonObject ToJson(IReadOnlyList<RetainedArtifact> plan, int deleted) =>
        new()
        {
            ["deleted"] = deleted,
            ["artifacts"] = new JsonArray([
                .. plan.Select(a =>
                    (JsonNode)
                        new JsonObject
                        {
                            ["repository"] = a.Repository.ToString(),
                            ["tags"] = new JsonArray([.. a.Tags.Select(t => (JsonNode)t)]),
                            ["digest"] = a.Digest,
                            ["created"] = a.Created?.ToString("O"),
                            ["retention"] = a.Retention.ToString().ToLowerInvariant(),
                        }
                ),
            ]),
        };
}
