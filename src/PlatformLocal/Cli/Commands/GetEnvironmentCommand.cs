using PlatformLocal.Cli.Rendering;
using Spectre.Console;

namespace PlatformLocal.Cli.Commands;

internal sealed class GetEnvironmentCommand(SharedOptions shared) : CommandBase(shared)
{
    private readonly Argument<string> _name = EnvironmentArgument(shared);

    public override string Name => "get-environment";

    public override IReadOnlyList<string> Examples =>
        ["platformctl get-environment dev-local", "platformctl get-environment dev-local -o json"];

    protected override string Description =>
        "Show one environment: its services, versions and why these, and its history.";

    protected override void Configure(Command command) => command.Arguments.Add(_name);

    protected override async Task<int> RunAsync(
        ParseResult parsed,
        Terminal terminal,
        CancellationToken cancellationToken
    )
    {
        var name = parsed.GetValue(_name)!;
        using var api = await Shared.PlatformOf(parsed).ConnectAsync(cancellationToken);
        var environment = await api.GetAsync(name, cancellationToken);
        if (terminal.IsJson)
        {
            terminal.Write(environment, PlatformJson.Indented.EnvironmentDocument);
            return ExitCodes.Done;
        }

        EnvironmentReport.Line(
            terminal,
            $"{environment.EnvironmentName}: {environment.Phase.ToString().ToLowerInvariant()}"
        );
        EnvironmentReport.Line(
            terminal,
            $"  type       {environment.EnvironmentType}{(environment.Simulated ? " (workloads simulated)" : "")}"
        );
        EnvironmentReport.Line(terminal, $"  namespace  {environment.Namespace}");
        EnvironmentReport.Line(terminal, $"  user       {environment.User}");
        EnvironmentReport.Line(terminal, $"  created    {environment.CreationDate:u}");
        EnvironmentReport.Line(terminal, $"  expires    {(environment.ExpirationDate is { } e ? $"{e:u}" : "never")}");
        EnvironmentReport.Line(
            terminal,
            $"  updates    {(environment.NextUpdate is { } u ? $"newer versions are looked for at {u:u}" : "none by itself")}"
        );
        var table = Tables.New("SERVICE", "VERSION", "PHASE", "WHY THIS VERSION");
        foreach (var service in environment.Services)
        {
            table.AddRow(
                service.Name,
                service.Version,
                service.Phase.ToString().ToLowerInvariant(),
                (service.Reason ?? "").EscapeMarkup()
            );
        }

        terminal.Result.Write(table);
        HistoryReport.Write(terminal, environment.History ?? []);
        EnvironmentReport.WriteWarnings(terminal, environment.Warnings);
        if (environment.Message is not null)
        {
            EnvironmentReport.WriteFailure(terminal, environment);
        }

        return ExitCodes.Done;
    }
}
