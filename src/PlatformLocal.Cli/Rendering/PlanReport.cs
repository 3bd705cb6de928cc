using PlatformLocal.Delivery;
using PlatformLocal.PlatformApi;
using Spectre.Console;

namespace PlatformLocal.Cli.Rendering;

/// <summary>A plan in words.</summary>
internal static class PlanReport
{
    public static void Write(Terminal terminal, PlanDocument plan)
    {
        var table = Tables.New("", "SERVICE", "VERSION", "WHY");
        foreach (var service in plan.Services)
        {
            var (mark, version) = service switch
            {
                { From: null } => ("[green]+[/]", service.To!),
                { To: null } => ("[red]-[/]", service.From),
                { From: var from, To: var to } when from != to => ("[yellow]~[/]", $"{from} → {to}"),
                _ => ("", service.To!),
            };
            table.AddRow(mark, service.Name, version, (service.Reason ?? "no longer asked for").EscapeMarkup());
        }

        terminal.Result.Write(table);
        var changes = plan.Objects.Where(o => o.Change is not (ChangeKind.Unchanged or ChangeKind.Kept)).ToList();
        foreach (var change in changes)
        {
            EnvironmentReport.Line(
                terminal,
                $"  {Word(change.Change), -7} {change.Kind} {change.Name}{(change.Service.Length > 0 ? $" ({change.Service})" : "")}"
            );
        }

        EnvironmentReport.WriteWarnings(terminal, plan.Warnings);
        var unchanged = plan.Objects.Count - changes.Count;
        EnvironmentReport.Line(
            terminal,
            plan.HasChanges
                ? $"{plan.EnvironmentName}: {changes.Count} objects would change, {unchanged} stay as they are. Nothing was changed."
                : $"{plan.EnvironmentName}: nothing would change ({unchanged} objects)."
        );
    }

    private static string Word(ChangeKind change) =>
        change switch
        {
            ChangeKind.Created => "create",
            ChangeKind.Updated => "update",
            ChangeKind.Pruned => "remove",
            _ => "keep",
        };
}
