using Spectre.Console;

namespace PlatformLocal.Cli.Rendering;

/// <summary>A plan in words.</summary>
internal static class PlanReport
{
    private const int ServicesShown = 25;
    private const int GroupsShown = 25;
    private const int ObjectsShown = 10;

    public static void Write(Terminal terminal, PlanDocument plan)
    {
        // In a small environment the reasons of what stays are worth reading as well.
        var moved = plan.Services.Where(s => s.From != s.To).ToList();
        var shown = plan.Services.Count <= ServicesShown ? plan.Services : moved;
        var table = Tables.New("", "SERVICE", "VERSION", "WHY");
        foreach (var service in shown.Take(ServicesShown))
        {
            var (mark, version) = service switch
            {
                { From: null } => ("[green]+[/]", service.To!),
                { To: null } => ("[red]-[/]", service.From),
                { From: var from, To: var to } when from != to => ("[yellow]~[/]", $"{from} → {to}"),
                _ => ("", service.To!),
            };
            table.AddRow(mark, service.Name, version, (service.Reason ?? "no longer needed").EscapeMarkup());
        }

        if (shown.Count > 0)
        {
            terminal.Result.Write(table);
        }

        if (shown.Count > ServicesShown)
        {
            terminal.Line($"   and {shown.Count - ServicesShown} more: --output json lists them");
        }

        if (shown.Count < plan.Services.Count)
        {
            terminal.Line(
                $"   {Counted.Of(plan.Services.Count - shown.Count, "service stays at its version", "services stay at their versions")}."
            );
        }

        var changes = plan.Objects.Where(o => o.Change is not (ChangeKind.Unchanged or ChangeKind.Kept)).ToList();
        foreach (var service in changes.GroupBy(c => (c.Change, c.Service)).Take(GroupsShown))
        {
            var owner = service.Key.Service.Length > 0 ? service.Key.Service : "the environment itself";
            var objects = string.Join(", ", service.Select(o => o.Name == o.Service ? o.Kind : $"{o.Kind} {o.Name}"));
            terminal.Line($"  {Word(service.Key.Change), -6}  {owner}: {objects}");
        }

        foreach (var told in plan.Objects.Where(o => o.Note is not null).Take(GroupsShown))
        {
            terminal.Line($"          {told.Kind} {told.Name}: {told.Note}");
        }

        var groups = changes.Select(c => (c.Change, c.Service)).Distinct().Count();
        if (groups > GroupsShown)
        {
            terminal.Line($"  and the objects of {groups - GroupsShown} more: --output json lists them");
        }

        foreach (
            var unknown in plan
                .Objects.Where(o => o.NotChecked is not null)
                .GroupBy(o => o.NotChecked)
                .Take(GroupsShown)
        )
        {
            var objects = unknown.Select(o => $"{o.Kind} {o.Name}").ToList();
            var more = objects.Count > ObjectsShown ? $" and {objects.Count - ObjectsShown} more" : "";
            terminal.Line(
                $"  not checked by the cluster, because {unknown.Key}: {string.Join(", ", objects.Take(ObjectsShown))}{more}"
            );
        }

        terminal.Notes(plan.Warnings);
        var unchanged = plan.Objects.Count - changes.Count;
        terminal.Line(
            plan.HasChanges
                ? $"{plan.EnvironmentName}: {Counted.Of(changes.Count, "object")} would change, {Counted.Of(unchanged, "stays as it is", "stay as they are")}. Nothing was changed."
                : $"{plan.EnvironmentName}: nothing would change ({Counted.Of(unchanged, "object")})."
        );
    }

    private static string Word(ChangeKind change) =>
        change switch
        {
            ChangeKind.Created => "create",
            ChangeKind.Updated => "update",
            ChangeKind.Recreated => "delete and create again",
            ChangeKind.Pruned => "remove",
            _ => "keep",
        };
}
