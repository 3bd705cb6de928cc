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
                Cpu = int.MaxValue,
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
                ("processors", true),
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

    [Fact]
    public async Task Nodes_share_what_pods_ask_of_the_processors()
    {
        KindLab.SkipUnlessThere();
        int more = (Environment.ProcessorCount * 1000) + 1;

        var one = await Preflight(new KindPreflightOptions { Cpu = more });
        var two = await Preflight(new KindPreflightOptions { Cpu = more, Nodes = 2 });

        Processors(one).Status.Should().Be(CheckStatus.Fail);
        Processors(one).Message.Should().EndWith($"ask for {more / 1000.0:0.##}, so that some would never start");
        Processors(one).Fix.Should().Contain("--profile small");
        Processors(two).Status.Should().Be(CheckStatus.Pass);

        static CheckResult Processors(DoctorReport report) => report.Checks.Single(c => c.Name == "processors");
    }

    private static Task<DoctorReport> Preflight(KindPreflightOptions options) =>
        new KindPreflight(KindLab.Programs, options).RunAsync(Token);
}
