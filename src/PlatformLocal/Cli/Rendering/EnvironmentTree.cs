using Spectre.Console;
using Spectre.Console.Rendering;

namespace PlatformLocal.Cli.Rendering;

/// <summary>An environment with its services as a tree: what nothing else needs first, below it what it depends on.</summary>
internal static class EnvironmentTree
{
    /// <param name="environment">The environment.</param>
    /// <param name="elapsed">How long it takes already, while it is waited for.</param>
    public static IRenderable Of(EnvironmentDocument environment, TimeSpan? elapsed = null)
    {
        var type = environment.EnvironmentType is { } known ? $" [dim]({known})[/]" : "";
        var count = elapsed is { } time ? $" {environment.ReadyCount}, {time.TotalSeconds:0} s" : "";
        var tree = new Tree($"[bold]{environment.EnvironmentName.EscapeMarkup()}[/]{type} {Word(environment)}{count}");
        var own = environment.Cluster is null ? null : environment.EnvironmentName;
        AddCauses(tree, environment.Causes, own);
        var services = environment.Services.ToDictionary(s => s.Name, StringComparer.Ordinal);
        var needed = environment.Services.SelectMany(s => s.DependsOn).ToHashSet(StringComparer.Ordinal);
        var shown = new HashSet<string>(StringComparer.Ordinal);
        foreach (var service in environment.Services.Where(s => !needed.Contains(s.Name)))
        {
            Add(tree, service, services, shown, isLive: elapsed is not null, own);
        }

        return tree;
    }

    // A service that several need is shown in full at the first, and only named at the others.
    private static void Add(
        IHasTreeNodes parent,
        ServiceDocument service,
        Dictionary<string, ServiceDocument> services,
        HashSet<string> shown,
        bool isLive,
        string? own
    )
    {
        if (!shown.Add(service.Name))
        {
            parent.AddNode($"[dim]{service.Name} (above)[/]");
            return;
        }

        var message = service.Message is { Length: > 0 } text ? $" [dim]{text.Split('\n')[0].EscapeMarkup()}[/]" : "";
        var since =
            isLive && service.Phase is ServicePhase.Applying or ServicePhase.Waiting && service.PhaseSince is { } began
                ? $" {Tables.Age(began, TimeProvider.System)}"
                : "";
        var node = parent.AddNode($"{Mark(service.Phase)} {service.Name} [blue]{service.Version}[/]{since}{message}");
        AddCauses(node, service.Causes, own);
        foreach (var dependency in service.DependsOn.Where(services.ContainsKey))
        {
            Add(node, services[dependency], services, shown, isLive, own);
        }
    }

    private static void AddCauses(IHasTreeNodes parent, IReadOnlyList<CauseDocument> causes, string? own)
    {
        foreach (var cause in causes)
        {
            parent.AddNode($"[red]{CommandText.Copyable(cause.ToString(), own).EscapeMarkup()}[/]");
        }
    }

    private static string Mark(ServicePhase phase) =>
        phase switch
        {
            ServicePhase.Ready => "[green]✓[/]",
            ServicePhase.Failed => "[red]✗[/]",
            ServicePhase.Pending => "[dim]·[/]",
            _ => "[yellow]…[/]",
        };

    private static string Word(EnvironmentDocument environment) =>
        environment.Phase switch
        {
            EnvironmentPhase.Ready when environment.Absence is null => $"[green]{environment.State}[/]",
            EnvironmentPhase.Failed or EnvironmentPhase.Invalid => $"[red]{environment.State}[/]",
            _ => $"[yellow]{environment.State}[/]",
        };
}
