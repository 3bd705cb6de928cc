using System.CommandLine.Parsing;
using PlatformLocal.Cli.Rendering;
using PlatformLocal.Deployment.Artifacts;
using PlatformLocal.Deployment.Workspaces;
using Spectre.Console;

namespace PlatformLocal.Cli.Commands;

internal sealed class ArtifactCommand(SharedOptions shared)
    : CommandBase(
        shared,
        "artifact",
        "Put services into a registry, as Flux reads them; delete old builds there.",
        "platformctl artifact push user-service 1.5.0-dev.14",
        "platformctl artifact push user-service 1.5.0-dev.15 --to user",
        "platformctl artifact push user-service 1.5.0 --to releases",
        "platformctl artifact prune",
        "platformctl artifact prune --yes --output json"
    )
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

    protected override IReadOnlyList<Symbol> Parameters => [_action, _service, _version, _to, _user, _yes];

    protected override void Validate(CommandResult result)
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
    }

    protected override Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        var folder =
            call.WorkspaceOf()
            ?? call.State.ReadSettings()?.Workspace
            ?? throw new PlatformException(
                FailureKind.InvalidInput,
                "There is no workspace here.",
                "Name one with --workspace."
            );
        return call.Get(_action) == "push"
            ? PushAsync(call, folder, cancellationToken)
            : PruneAsync(call, folder, cancellationToken);
    }

    private async Task<int> PushAsync(Invocation call, string folder, CancellationToken cancellationToken)
    {
        var pushed = await call.Parts.PushArtifact.RunAsync(
            folder,
            call.Get(_service)!,
            call.Get(_version)!,
            call.Get(_to) switch
            {
                "releases" => ArtifactTarget.Releases,
                "user" => ArtifactTarget.User,
                _ => ArtifactTarget.Snapshots,
            },
            call.Get(_user)!,
            cancellationToken
        );
        var result = ToJson(pushed);
        if (pushed.Playbook is { } playbook)
        {
            result["playbook"] = ToJson(playbook);
        }

        call.Terminal.Show(
            result,
            PlatformJson.Indented.JsonObject,
            _ =>
            {
                foreach (var artifact in new[] { pushed.Playbook, pushed }.OfType<PushedArtifact>())
                {
                    call.Terminal.Line($"{artifact.Name}@{artifact.Digest}");
                }
            }
        );
        return ExitCodes.Done;
    }

    private static JsonObject ToJson(PushedArtifact pushed) =>
        new() { ["artifact"] = pushed.Name, ["digest"] = pushed.Digest };

    private async Task<int> PruneAsync(Invocation call, string folder, CancellationToken cancellationToken)
    {
        var registry = WorkspaceReader.Read(folder).Registry;
        var prune = call.Parts.PruneArtifacts;
        call.Terminal.Say($"Looking at the development builds in {registry}");
        var plan = await prune.PlanAsync(registry, call.State.Root, cancellationToken);
        var count = plan.Count(a => a.Retention == Retention.Delete);
        if (!call.Terminal.IsJson)
        {
            Show(call.Terminal, plan);
        }

        var deletes =
            count > 0
            && (call.Get(_yes) || (!call.Terminal.IsJson && call.Terminal.Ask($"Type yes to delete {count}:")));
        var deleted = deletes
            ? await prune.DeleteAsync(
                plan,
                a => call.Terminal.Say($"Deleted {a.Repository}@{a.Digest}"),
                cancellationToken
            )
            : 0;
        call.Terminal.Show(
            ToJson(plan, deleted),
            PlatformJson.Indented.JsonObject,
            _ =>
                call.Terminal.Line(
                    count == 0 ? "There is nothing to delete."
                    : deletes ? $"{deleted} deleted; the registry frees their space when it collects garbage."
                    : "Nothing was deleted: repeat it with --yes."
                )
        );
        return ExitCodes.Done;
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
                .. plan.Select(a => new JsonObject
                {
                    ["repository"] = a.Repository.ToString(),
                    ["tags"] = new JsonArray([.. a.Tags.Select(t => (JsonNode)t)]),
                    ["digest"] = a.Digest,
                    ["created"] = a.Created?.ToString("O"),
                    ["retention"] = a.Retention.ToString().ToLowerInvariant(),
                }),
            ]),
        };
}
