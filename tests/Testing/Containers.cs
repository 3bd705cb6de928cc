using System.Diagnostics;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Images;
using Microsoft.Extensions.Logging.Abstractions;

namespace PlatformLocal.Testing;

/// <summary>Containers of tests: of images that are there, on ports of this machine alone, labelled.</summary>
internal static class Containers
{
    static Containers()
    {
        // Testcontainers expects an engine of its own age; older ones are asked in the version they
        // know. It reads its settings once, when they are first touched.
        const string variable = "DOCKER_API_VERSION";
        using var docker = Process.Start(
            new ProcessStartInfo("docker", ["version", "--format", "{{.Server.APIVersion}}"])
            {
                RedirectStandardOutput = true,
                UseShellExecute = false,
            }
        )!;
        var version = docker.StandardOutput.ReadToEnd().Trim();
        if (version.Length > 0 && Environment.GetEnvironmentVariable(variable) is null)
        {
            Environment.SetEnvironmentVariable(variable, version);
        }

        // The one who cleans up after killed tests is an image that has to be pulled.
        TestcontainersSettings.ResourceReaperEnabled = false;
    }

    /// <summary>A container that publishes one port on a free one.</summary>
    /// <param name="image">An image that is there; none is pulled.</param>
    /// <param name="port">The port inside.</param>
    /// <param name="everywhere">Whether other names of this machine reach it, too.</param>
    public static ContainerBuilder Of(string image, ushort port, bool everywhere = false) =>
        new ContainerBuilder(image)
            .WithImagePullPolicy(PullPolicy.Never)
            .WithLabel("platform-lab", "")
            .WithLogger(NullLogger.Instance)
            .WithPortBinding(port, assignRandomHostPort: true)
            .WithCreateParameterModifier(p =>
            {
                foreach (var binding in p.HostConfig!.PortBindings!.Values.SelectMany(b => b))
                {
                    binding.HostIP = everywhere ? "" : "127.0.0.1";
                }
            });
}
