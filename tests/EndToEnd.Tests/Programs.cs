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
        Assert.SkipWhen(NodeImage is null || BaseImage is null, "LAB_NODE_IMAGE and LAB_BASE_IMAGE name no images");
        foreach (var program in new[] { "docker", "kind", "kubectl" })
        {
            Assert.SkipUnless(
                (Environment.GetEnvironmentVariable("PATH") ?? "")
                    .Split(Path.PathSeparator)
                    .Any(f => File.Exists(Path.Combine(f, program))),
                $"{program} is not on the PATH"
            );
        }

        var engine = await RunAsync("docker", "version", "--format", "{{.Server.Version}}");
        Assert.SkipUnless(engine.ExitCode == 0, "no Docker engine answers");
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
        return await PlatformCtlProgram.EndAsync(process);
    }
}
