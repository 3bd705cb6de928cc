using System.CommandLine;
using PlatformLocal.Cli.Rendering;
using PlatformLocal.Diagnostics;
using PlatformLocal.PlatformApi;
using PlatformLocal.Processes;
using Spectre.Console;

namespace PlatformLocal.Cli.Commands;

internal sealed class DoctorCommand(SharedOptions shared) : CommandBase(shared)
{
    public override string Name => "doctor";

    public override IReadOnlyList<string> Examples => ["platformctl doctor", "platformctl doctor --output json"];

    protected override string Description => "Check what the platform needs of this machine, each with its fix.";

    protected override async Task<int> RunAsync(
        ParseResult parsed,
        Terminal terminal,
        CancellationToken cancellationToken
    )
    {
        var platform = Shared.PlatformOf(parsed);
        var workspace = Shared.WorkspaceOf(parsed) ?? platform.State.ReadSettings()?.Workspace;
        var doctor = new Doctor(
            platform.State,
            workspace,
            async token =>
            {
                using var api = await platform.TryConnectAsync(token);
                return api is null ? null : await api.GetPlatformAsync(token);
            },
            new ProgramRunner(TimeProvider.System)
        );
        var report = await doctor.RunAsync(cancellationToken);
        if (terminal.IsJson)
        {
            terminal.Write(report, PlatformJson.Indented.DoctorReport);
        }
        else
        {
            Show(terminal, report);
        }

        return report.IsHealthy ? ExitCodes.Done : ExitCodes.Failed;
    }

    private static void Show(Terminal terminal, DoctorReport report)
    {
        foreach (var check in report.Checks)
        {
            var mark = check.Status switch
            {
                CheckStatus.Pass => "[green]pass[/]",
                CheckStatus.Warn => "[yellow]warn[/]",
                _ => "[red]FAIL[/]",
            };
            terminal.Result.MarkupLine($"{mark}  {check.Name, -13} {check.Message.EscapeMarkup()}");
            if (check.Fix is not null)
            {
                terminal.Result.MarkupLine($"      {"", -13} → {check.Fix.EscapeMarkup()}");
            }

            if (check.Link is not null)
            {
                terminal.Result.MarkupLine($"      {"", -13}   {check.Link}");
            }
        }
    }
}
