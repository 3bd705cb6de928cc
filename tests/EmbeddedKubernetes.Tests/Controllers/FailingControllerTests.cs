using System.Text.Json.Nodes;
using EmbeddedKubernetes.Storage;
using EmbeddedKubernetes.Tests.Support;
using Microsoft.Extensions.Logging;

namespace EmbeddedKubernetes.Tests.Controllers;

/// <summary>
/// A deployment without a template is refused by the API, but may lie in a state directory; its controller cannot work
/// with it.
/// </summary>
public sealed class FailingControllerTests : IDisposable
{
    private const string Deployments = "/apis/apps/v1/namespaces/default/deployments";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("poisoned-state-");
    private readonly CollectingLoggers _logged = new();

    public void Dispose()
    {
        _logged.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<EmbeddedCluster> StartPoisonedAsync(TimeProvider time)
    {
        using (var store = ObjectStore.Open(_folder.FullName))
        {
            var poisoned = new JsonObject
            {
                ["apiVersion"] = "apps/v1",
                ["kind"] = "Deployment",
                ["metadata"] = new JsonObject
                {
                    ["name"] = "poisoned",
                    ["namespace"] = "default",
                    ["uid"] = "poisoned-uid",
                    ["generation"] = 1,
                },
                ["spec"] = new JsonObject(),
            };
            var put = store.TryPut(new("deployments.apps", "default", "poisoned"), null, poisoned)!;
            await store.DurableAsync(put.ResourceVersion);
        }
        return await EmbeddedCluster.StartAsync(
            new()
            {
                StateDirectory = _folder.FullName,
                TimeProvider = time,
                LoggerFactory = _logged.Factory(),
            },
            ApiClient.Cancel
        );
    }

    private static List<LogEntry> Failures(IReadOnlyList<LogEntry> entries) =>
        [.. entries.Where(e => e.Values.ContainsKey("Try"))];

    [Fact]
    public async Task A_controller_that_fails_is_logged_with_object_try_and_cause_and_tried_again_ever_more_slowly()
    {
        await using var cluster = await StartPoisonedAsync(new HastyTime(TimeSpan.FromHours(1)));
        var failures = Failures(await _logged.UntilAsync(entries => Failures(entries).Count >= 20));

        failures.Should().OnlyContain(f => f.Level == LogLevel.Warning && f.Cause != null);
        failures[0].Text.Should().Contain("DeploymentController").And.Contain("deployments.apps/default/poisoned");
        failures.Select(f => (int)f.Values["Try"]!).Should().BeInAscendingOrder();
        var delays = failures.Select(f => (TimeSpan)f.Values["Delay"]!).ToList();
        delays.Should().BeInAscendingOrder();
        delays[0].Should().Be(TimeSpan.FromMilliseconds(20));
        delays[1].Should().Be(TimeSpan.FromMilliseconds(40));
        delays[^1].Should().Be(TimeSpan.FromMinutes(5), "it is never given up");
    }

    [Fact]
    public async Task The_others_are_served_meanwhile_and_the_object_itself_once_it_is_mended()
    {
        await using var cluster = await StartPoisonedAsync(TimeProvider.System);
        using var api = SharedCluster.ClientOf(cluster);
        await _logged.UntilAsync(entries => Failures(entries).Count >= 2);

        (await api.PostAsync(Deployments, Workloads.Deployment("healthy", "i:1", 1))).Code.Should().Be(201);
        await api.UntilAsync(Deployments + "/healthy", IsAvailable);

        (await api.DeleteAsync(Deployments + "/poisoned")).Code.Should().Be(200);
        (await api.PostAsync(Deployments, Workloads.Deployment("poisoned", "i:1", 1))).Code.Should().Be(201);
        await api.UntilAsync(Deployments + "/poisoned", IsAvailable);
    }

    private static bool IsAvailable(Answer answer) =>
        answer.Body!["status"]?["availableReplicas"]?.GetValue<int>() == 1;
}
