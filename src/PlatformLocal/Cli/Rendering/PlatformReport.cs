using Spectre.Console;

namespace PlatformLocal.Cli.Rendering;

/// <summary>The platform in words.</summary>
internal static class PlatformReport
{
    public static void Show(Terminal terminal, PlatformDocument platform) =>
        terminal.Show(platform, PlatformJson.Indented.PlatformDocument, p => Write(terminal, p));

    private static void Write(Terminal terminal, PlatformDocument platform)
    {
        var simulated = platform.Simulated ? "; workloads are simulated, nothing is executed" : "";
        terminal.Line(
            $"{platform.Name} runs: {platform.Cluster} cluster, Kubernetes API {platform.KubernetesVersion}{simulated}"
        );
        terminal.Line($"  workspace   {platform.Workspace}");
        terminal.Line($"  kubeconfig  {platform.Kubeconfig}");
        terminal.Line($"  process     {platform.ProcessId}, version {platform.Version}, since {platform.Started:u}");
        var table = Tables.New("PART", "KIND", "WHERE");
        foreach (var part in platform.Parts)
        {
            table.AddRow(part.Name, part.Kind, part.Where.EscapeMarkup());
        }

        terminal.Result.Write(table);
        if (platform.Services.Count > 0)
        {
            var services = Tables.New("PLATFORM SERVICE", "VERSION", "BY", "STATUS");
            foreach (var service in platform.Services)
            {
                services.AddRow(
                    service.Name,
                    service.Version,
                    service.By,
                    service.Ready ? "ready" : $"not ready: {service.Message}".EscapeMarkup()
                );
            }

            terminal.Result.Write(services);
        }

        var environments = string.Join(", ", platform.Environments.Select(e => $"{e.Value} {e.Key}"));
        terminal.Line($"Environments: {(environments.Length > 0 ? environments : "none")}");
    }
}
