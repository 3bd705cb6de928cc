using PlatformLocal.Cli.Rendering;
using PlatformLocal.Platform.Diagnostics;
using PlatformLocal.Platform.PlatformServices.Selection;
using PlatformLocal.Platform.State;
using Spectre.Console;

namespace PlatformLocal.Cli.Commands;

internal sealed class DoctorCommand(SharedOptions shared)
    : CommandBase(
        shared,
        "doctor",
        "Check what the platform needs of this machine, each with its fix.",
        "platformctl doctor",
        "platformctl doctor --cluster kind --fix",
        "platformctl doctor --output json"
    )
{
    private readonly Option<string?> _cluster = new Option<string?>("--cluster")
    {
        Description = "Check for this kind of cluster; for the platform's own unless given.",
    }.AcceptOnlyFromAmong(ClusterKind.Names);

    private readonly Option<string?> _nodeImage = new("--node-image")
    {
        Description = "The node image that a Kind cluster would have.",
        HelpName = "IMAGE",
    };

    private readonly Option<bool> _fix = new("--fix")
    {
        Description = "Apply the fixes that are safe, then check again.",
    };

    protected override IReadOnlyList<Symbol> Parameters => [_cluster, _nodeImage, _fix];

    protected override async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        var platform = call.Platform;
        var known = platform.State.ReadSettings();
        var workspace = call.WorkspaceOf() ?? known?.Workspace;
        var programs = call.Parts.Programs;
        var cluster = call.Get(_cluster) is { } asked ? ClusterKind.Parse(asked) : known?.Cluster;
        // What a new platform would be, when there is none on Kind.
        var onKind = known is { Cluster.IsOnDocker: true }
            ? known
            : new PlatformSettings(ClusterKind.Kind, workspace ?? "", Api: ApiPlaces.InCluster);
        var doctor = new Doctor(
            platform.State,
            workspace,
            async token =>
            {
                using var api = await platform.TryConnectAsync(token);
                return api is null ? null : await api.GetPlatformAsync(token);
            },
            programs,
            cluster is { IsOnDocker: true }
                ? await KindPreflight.ForAsync(
                    programs,
                    call.Get(_nodeImage) ?? known?.Kind?.NodeImage,
                    PlatformServiceNeeds.Of(
                        onKind.Workspace.Length == 0
                            ? new PlatformServiceSelection()
                            : PlatformServiceSelection.Remembered(onKind, onKind.Workspace),
                        onKind,
                        asksForImages: false
                    ),
                    cancellationToken
                )
                : null
        );
        var report = await doctor.RunAsync(cancellationToken);
        if (call.Get(_fix))
        {
            var repairs = Repairs.Apply(report);
            report = (await doctor.RunAsync(cancellationToken)) with { Repairs = repairs };
        }

        call.Terminal.Show(report, DiagnosticsJson.Indented.DoctorReport, r => Show(call.Terminal, r));
        return report.IsHealthy ? ExitCodes.Done : ExitCodes.Failed;
    }

    private static void Show(Terminal terminal, DoctorReport report)
    {
        foreach (var repair in report.Repairs ?? [])
        {
            terminal.Result.MarkupLine($"fix   {repair.EscapeMarkup()}");
        }

        var width = report.Checks.Max(c => c.Name.Length);
        foreach (var check in report.Checks)
        {
            var mark = check.Status switch
            {
                CheckStatus.Pass => "[green]pass[/]",
                CheckStatus.Warn => "[yellow]warn[/]",
                _ => "[red]FAIL[/]",
            };
            terminal.Result.MarkupLine(
                $"{mark}  {check.Name.PadRight(width).EscapeMarkup()} {check.Message.EscapeMarkup()}"
            );
            if (check.Fix is not null)
            {
                // Not wrapped: it may be a command.
                terminal.Line($"      {new string(' ', width)} → {CommandText.Copyable(check.Fix)}");
            }

            if (check.Link is not null)
            {
                terminal.Result.MarkupLine($"      {new string(' ', width)}   {check.Link}");
            }
        }
    }
}
