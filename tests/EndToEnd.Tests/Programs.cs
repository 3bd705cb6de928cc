using System.Diagnostics;
using PlatformLocal.Cli.Tests.Testing;

namespace PlatformLocal.EndToEnd.Tests;

/// <summary>The programs of a machine with Docker.</summary>
internal static class Programs
{
    public static string? NodeImage => Environment.GetEnvironmentVariable("LAB_NODE_IMAGE");

    public static string? BaseImage => Environment.GetEnvironmentVariable("LAB_BASE_IMAGE");

    /// <summary>Skips the test where no engine answers or there is no node image.</summary>
    public static async Task SkipWithoutKindAsync()
    {
        var missing = await MissingForKindAsync();
        Assert.SkipWhen(missing is not null, missing ?? "");
    }

    /// <summary>Why no Kind cluster can be made here, or <see langword="null"/>.</summary>
    public static async Task<string?> MissingForKindAsync()
    {
        if (NodeImage is null || BaseImage is null)
        {
            return "LAB_NODE_IMAGE and LAB_BASE_IMAGE name no images";
        }

        foreach (var program in new[] { "docker", "kind", "kubectl" })
        {
            if (
                !(Environment.GetEnvironmentVariable("PATH") ?? "")
                    .Split(Path.PathSeparator)
                    .Any(f => File.Exists(Path.Combine(f, program)))
            )
            {
                return $"{program} is not on the PATH";
            }
        }

        var engine = await RunAsync("docker", "version", "--format", "{{.Server.Version}}");
        return engine.ExitCode == 0 ? null : "no Docker engine answers";
    }

    /// <summary>What makes a platform on Kind.</summary>
    public static string[] Create(string platform, string workspace, params IEnumerable<string> further) =>
        [
            "create-local-platform",
            "--cluster",
            "kind",
            "--name",
            platform,
            "--node-image",
            NodeImage!,
            "--workspace",
            workspace,
            .. further,
        ];

    /// <summary>Whether a run is at a step just now, as it tells others who wait for it.</summary>
    public static bool IsAt(PlatformCtlProgram program, string platform, string step, int? process = null)
    {
        try
        {
            var holder = File.ReadAllText(Path.Combine(program.State, platform + ".holder.json"));
            return holder.Contains(step) && (process is null || holder.Contains($"\"process_id\": {process},"));
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    public static async Task<string> ContainersAsync() =>
        (await RunAsync("docker", "ps", "--all", "--format", "{{.Names}}")).Output;

    public static async Task MustRunAsync(string program, params string[] arguments)
    {
        var outcome = await RunAsync(program, arguments);
        outcome.ExitCode.Should().Be(0, $"{program} {string.Join(' ', arguments)}: {outcome.Output}{outcome.Error}");
    }

    public static async Task<Outcome> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = true,
                UseShellExecute = false,
            }
        )!;
        return await PlatformCtlProgram.EndAsync(process, TimeSpan.FromMinutes(5));
    }
}
