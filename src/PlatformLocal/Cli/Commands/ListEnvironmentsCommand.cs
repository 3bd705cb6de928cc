using PlatformLocal.Cli.Rendering;
using Spectre.Console;

namespace PlatformLocal.Cli.Commands;

internal sealed class ListEnvironmentsCommand(SharedOptions shared)
    : CommandBase(
        shared,
        "list-environments",
        "List environments, or find some.",
        "platformctl list-environments",
        "platformctl list-environments type:dev service:rabbitmq",
        "platformctl list-environments -o json"
    )
{
    private readonly Argument<string[]> _query = new("QUERY")
    {
        Description = "Words that must all be found; field:text within name, user, type, phase or service.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    protected override IReadOnlyList<Symbol> Parameters => [_query];

    protected override async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        using var api = await call.Platform.ConnectAsync(cancellationToken);
        var query = string.Join(' ', call.Get(_query) ?? []);
        var list = await api.ListAsync(query, cancellationToken);
        call.Terminal.Show(
            list,
            PlatformJson.Indented.EnvironmentListDocument,
            l => Show(call.Terminal, l, isSearch: query.Length > 0)
        );
        return ExitCodes.Done;
    }

    private static void Show(Terminal terminal, EnvironmentListDocument list, bool isSearch)
    {
        if (list.Environments.Count == 0)
        {
            terminal.Advise(
                isSearch
                    ? "No environment matches."
                    : $"There are no environments. Deploy one: {ShellCommand.Platformctl("deploy-environment", "--help")}"
            );
            return;
        }

        var table = Tables.New("NAME", "TYPE", "PHASE", "SERVICES", "USER", "AGE", "EXPIRES");
        foreach (var environment in list.Environments)
        {
            var ready = environment.Services.Count(s => s.Phase == ServicePhase.Ready);
            table.AddRow(
                environment.EnvironmentName,
                environment.EnvironmentType ?? "unknown",
                environment.State,
                $"{ready}/{environment.Services.Count}",
                (environment.User ?? "").EscapeMarkup(),
                Tables.Age(environment.CreationDate, TimeProvider.System),
                environment.ExpirationDate?.ToString("yyyy-MM-dd HH:mm'Z'") ?? "never"
            );
        }

        terminal.Result.Write(table);
        foreach (var environment in list.Environments)
        {
            var own = environment.Cluster is null ? null : environment.EnvironmentName;
            foreach (var why in new[] { environment.Absence, WhyNot(environment) }.OfType<string>())
            {
                terminal.Line(CommandText.Copyable($"{environment.EnvironmentName}: {why}", own));
            }
        }

        if (list.Environments.Any(e => e.Simulated))
        {
            terminal.Say("Workloads are simulated: nothing is executed.");
        }
    }

    /// <summary>The first cause stands for all: whoever wants more looks at the environment.</summary>
    private static string? WhyNot(EnvironmentDocument environment)
    {
        if (environment.Phase == EnvironmentPhase.Ready)
        {
            return null;
        }

        var causes = environment.Causes.Concat(environment.Services.SelectMany(s => s.Causes)).ToList();
        return causes.Count switch
        {
            0 => environment.Message?.Split('\n')[0],
            1 => causes[0].ToString(),
            var count => $"{causes[0]}; and {count - 1} more",
        };
    }
}
