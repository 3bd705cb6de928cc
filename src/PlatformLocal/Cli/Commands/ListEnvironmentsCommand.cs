using PlatformLocal.Cli.Rendering;
using Spectre.Console;

namespace PlatformLocal.Cli.Commands;

internal sealed class ListEnvironmentsCommand(SharedOptions shared) : CommandBase(shared)
{
    private readonly Argument<string[]> _query = new("QUERY")
    {
        Description = "Words that must all be found; field:text within name, user, type, phase or service.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public override string Name => "list-environments";

    public override IReadOnlyList<string> Examples =>
        [
            "platformctl list-environments",
            "platformctl list-environments type:dev service:rabbitmq",
            "platformctl list-environments -o json",
        ];

    protected override string Description => "List environments, or find some.";

    protected override void Configure(Command command) => command.Arguments.Add(_query);

    protected override async Task<int> RunAsync(
        ParseResult parsed,
        Terminal terminal,
        CancellationToken cancellationToken
    )
    {
        using var api = await Shared.PlatformOf(parsed).ConnectAsync(cancellationToken);
        var query = string.Join(' ', parsed.GetValue(_query) ?? []);
        var list = await api.ListAsync(query, cancellationToken);
        if (terminal.IsJson)
        {
            terminal.Write(list, PlatformJson.Indented.EnvironmentListDocument);
            return ExitCodes.Done;
        }

        if (list.Environments.Count == 0)
        {
            terminal.Say(
                query.Length > 0
                    ? "No environment matches."
                    : "There are no environments. Deploy one: platformctl deploy-environment --help"
            );
            return ExitCodes.Done;
        }

        var table = Tables.New("NAME", "TYPE", "PHASE", "SERVICES", "USER", "AGE", "EXPIRES");
        foreach (var environment in list.Environments)
        {
            var ready = environment.Services.Count(s => s.Phase == ServicePhase.Ready);
            table.AddRow(
                environment.EnvironmentName,
                environment.EnvironmentType ?? "",
                environment.Phase.ToString().ToLowerInvariant(),
                $"{ready}/{environment.Services.Count}",
                (environment.User ?? "").EscapeMarkup(),
                Tables.Age(environment.CreationDate, TimeProvider.System),
                environment.ExpirationDate?.ToString("yyyy-MM-dd HH:mm'Z'") ?? "never"
            );
        }

        terminal.Result.Write(table);
        if (list.Environments.Any(e => e.Simulated))
        {
            terminal.Say("Workloads are simulated: nothing is executed.");
        }

        return ExitCodes.Done;
    }
}
