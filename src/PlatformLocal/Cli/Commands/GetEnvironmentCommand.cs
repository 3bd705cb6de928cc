using PlatformLocal.Cli.Rendering;
using PlatformLocal.Core.Environments;
using Spectre.Console;

namespace PlatformLocal.Cli.Commands;

internal sealed class GetEnvironmentCommand(SharedOptions shared)
    : CommandBase(
        shared,
        "get-environment",
        "Show one environment: its services, versions and why these, and its history.",
        "platformctl get-environment dev-local",
        "platformctl get-environment dev-local -o json"
    )
{
    private readonly Argument<string> _name = EnvironmentArgument(shared);

    protected override IReadOnlyList<Symbol> Parameters => [_name];

    protected override async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        var name = call.Get(_name)!;
        using var api = await call.Platform.ConnectAsync(cancellationToken);
        var environment = await api.GetAsync(name, cancellationToken);
        call.Terminal.Show(environment, PlatformJson.Indented.EnvironmentDocument, e => Show(call.Terminal, e));
        return ExitCodes.Done;
    }

    private static void Show(Terminal terminal, EnvironmentDocument environment)
    {
        var own = environment.Cluster is null ? null : environment.EnvironmentName;
        terminal.Line($"{environment.EnvironmentName}: {environment.State}");
        if (environment.Phase == EnvironmentPhase.Delivering)
        {
            var began = environment.Conditions.FirstOrDefault(c => c.Type == ConditionTypes.Ready)?.LastTransitionTime;
            terminal.Line($"  progress   {environment.ReadyCount}, {Tables.Age(began, TimeProvider.System)}");
        }

        terminal.Line(
            $"  type       {environment.EnvironmentType}{(environment.Simulated ? " (workloads simulated)" : "")}"
        );
        if (environment.Delivery is { } delivery)
        {
            var played = delivery == DeliveryKind.Flux && environment.Simulated ? " (Flux is played)" : "";
            terminal.Line($"  delivery   {DeliveryKinds.NameOf(delivery)}{played}");
        }

        terminal.Line($"  namespace  {environment.Namespace}");
        terminal.Line($"  user       {environment.User}");
        terminal.Line($"  created    {environment.CreationDate:u}");
        terminal.Line($"  expires    {(environment.ExpirationDate is { } e ? $"{e:u}" : "never")}");
        terminal.Line(
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
        if (environment.Phase is EnvironmentPhase.Delivering or EnvironmentPhase.Deleting)
        {
            foreach (var line in environment.Explain())
            {
                terminal.Line($"  {CommandText.Copyable(line, own)}");
            }
        }

        HistoryReport.Write(
            terminal,
            environment.History ?? [],
            environment.Failure is null ? null : environment.Message,
            own
        );
        terminal.Notes(environment.Warnings);
        if (environment.Failure is not null)
        {
            terminal.Fail(environment.Message, environment.NextStep, own);
        }
    }
}
