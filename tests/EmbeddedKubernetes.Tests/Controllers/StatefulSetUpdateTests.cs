using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Controllers;

/// <summary>
/// A pod that a template broke and that the next one would mend: in order, the controller waits for it for ever, as the
/// real one does (kubernetes/kubernetes#67250); in parallel it is replaced.
/// </summary>
public sealed class StatefulSetUpdateTests(SharedCluster shared)
{
    private const string Sets = "/apis/apps/v1/namespaces/default/statefulsets";
    private const string Pods = "/api/v1/namespaces/default/pods";

    [Fact]
    public async Task In_order_it_blocks_until_it_is_deleted()
    {
        var broken = await BreakAsync("ordered", "OrderedReady");

        await shared.Api.PutAsync($"{Sets}/ordered", Set("ordered", "OrderedReady", "i:3"));
        var observed = await shared.Api.UntilAsync(
            $"{Sets}/ordered",
            a => Number(a, "observedGeneration") == 3 && Number(a, "replicas") == 2
        );
        await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, ApiClient.Cancel);
        var still = await shared.Api.GetAsync($"{Pods}/ordered-1");
        await shared.Api.DeleteAsync($"{Pods}/ordered-1");
        await shared.Api.UntilAsync($"{Sets}/ordered", IsDone);

        Uid(still).Should().Be(Uid(broken));
        observed.Object["status"]!["updateRevision"]!
            .ToString()
            .Should()
            .NotBe(still.Object["metadata"]!["labels"]!["controller-revision-hash"]!.ToString());
    }

    [Fact]
    public async Task In_parallel_it_is_replaced()
    {
        var broken = await BreakAsync("parallel", "Parallel");

        await shared.Api.PutAsync($"{Sets}/parallel", Set("parallel", "Parallel", "i:3"));
        await shared.Api.UntilAsync($"{Sets}/parallel", IsDone);

        Uid(await shared.Api.GetAsync($"{Pods}/parallel-1")).Should().NotBe(Uid(broken));
    }

    private async Task<Answer> BreakAsync(string name, string policy)
    {
        (await shared.Api.PostAsync(Sets, Set(name, policy, "i:1"))).Code.Should().Be(201);
        await shared.Api.UntilAsync($"{Sets}/{name}", IsDone);
        await shared.Api.PutAsync($"{Sets}/{name}", Set(name, policy, "i:missing-2"));
        return await shared.Api.UntilAsync(
            $"{Pods}/{name}-1",
            a => a.Code == 200 && a.Object["spec"]!["containers"]![0]!["image"]!.ToString() == "i:missing-2"
        );
    }

    private static bool IsDone(Answer answer) =>
        answer.Object["status"]?["currentRevision"]?.ToString() is { } current
        && current == answer.Object["status"]!["updateRevision"]!.ToString()
        && Number(answer, "observedGeneration") == answer.Object["metadata"]!["generation"]!.GetValue<long>()
        && Number(answer, "readyReplicas") == 2;

    private static long? Number(Answer answer, string field) => answer.Object["status"]?[field]?.GetValue<long>();

    private static string Uid(Answer answer) => answer.Object["metadata"]!["uid"]!.ToString();

    private static string Set(string name, string policy, string image) =>
        """
            {"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"NAME"},"spec":{"replicas":2,"serviceName":"NAME",
            "podManagementPolicy":"POLICY","selector":{"matchLabels":{"a":"NAME"}},
            "template":{"metadata":{"labels":{"a":"NAME"}},"spec":{"containers":[{"name":"c","image":"IMAGE"}]}}}}
            """.Replace("NAME", name).Replace("POLICY", policy).Replace("IMAGE", image);
}
