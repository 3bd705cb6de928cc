using System.Net;
using System.Net.Sockets;
using PlatformLocal.Platform.Diagnostics;
using PlatformLocal.Platform.Tests.Clusters;
using PlatformLocal.Testing;

namespace PlatformLocal.Platform.Tests.Diagnostics;

public sealed class KindPreflightTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_machine_with_all_that_is_needed_passes()
    {
        KindLab.SkipUnlessThere();

        var report = await Preflight(new KindPreflightOptions { Images = [KindLab.NodeImage!], Ports = [0] });

        report.Checks.Where(c => c.Status == CheckStatus.Fail).Should().BeEmpty();
        report
            .Checks.Select(c => c.Name)
            .Should()
            .Contain(["docker engine", "kind", "memory", "processors", "docker disk", $"image {KindLab.NodeImage}"]);
    }

    [Fact]
    public async Task What_is_missing_fails_and_says_how_to_put_it_right()
    {
        KindLab.SkipUnlessThere();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var report = await Preflight(
            new KindPreflightOptions
            {
                Images = ["localhost:1/no/node:1"],
                Ports = [port],
                LeastMemory = long.MaxValue / 4,
                LeastDisk = long.MaxValue / 4,
            }
        );

        report.IsHealthy.Should().BeFalse();
        report
            .Checks.Where(c => c.Status == CheckStatus.Fail)
            .Select(c => (c.Name, HasFix: c.Fix is not null))
            .Should()
            .Equal(
                ("memory", true),
                ("docker disk", true),
                ("image localhost:1/no/node:1", true),
                ($"port {port}", true)
            );
    }

    [Theory]
    [InlineData("8192\n", CheckStatus.Warn)]
    [InlineData("524288\n", CheckStatus.Pass)]
    public async Task Low_inotify_limits_are_a_warning_with_the_command_that_raises_them(
        string value,
        CheckStatus status
    )
    {
        using var folder = new TemporaryFolder();
        folder.Write("fs/inotify/max_user_watches", value);
        var preflight = new KindPreflight(KindLab.Programs) { KernelSettings = folder.Path };

        var check = (await preflight.RunAsync(Token)).Checks.Single(c => c.Name == "inotify max_user_watches");

        check.Status.Should().Be(status);
        check.Fix.Should().Be(status == CheckStatus.Pass ? null : "sudo sysctl fs.inotify.max_user_watches=524288");
    }

    private static Task<DoctorReport> Preflight(KindPreflightOptions options) =>
        new KindPreflight(KindLab.Programs, options).RunAsync(Token);
}
