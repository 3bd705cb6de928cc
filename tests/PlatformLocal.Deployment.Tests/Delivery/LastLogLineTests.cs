using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Deliveries;

namespace PlatformLocal.Deployment.Tests.Delivery;

public sealed class LastLogLineTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("one\ntwo\n", "two")]
    [InlineData("one\nfailed to try resolving symlinks in path \"/var/log/pods/x/2.log\": no such file\n", "one")]
    [InlineData("failed to open log file \"/var/log/pods/x/2.log\": no such file\n", null)]
    [InlineData("unable to retrieve container logs for containerd://0123", null)]
    public async Task What_the_kubelet_says_of_a_log_that_is_gone_is_no_line_of_it(string log, string? line)
    {
        await using var server = await ScriptedServer.StartAsync((context, _) => context.SendAsync(200, log));
        using var client = server.Connect();
        var state = await DesiredState.FromAsync(Request("shop"), client.Resources, Token);
        var logs = new LastLogLines(client, new DirectDeliveryOptions(), state);

        (await logs.ReadAsync("env-shop", "web", "app", isPrevious: false, Token)).Should().Be(line);
    }
}
