using System.Text.Json.Nodes;
using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Http;

/// <summary>Tests of what becomes of one pod, in a namespace of its own.</summary>
public abstract class PodTests(SharedCluster shared)
{
    private protected SharedCluster Shared { get; } = shared;

    private protected static string Pod(string more = "", string container = "") =>
        $$$"""{"metadata":{"name":"p"},"spec":{{{{more}}}"containers":[{"name":"c","image":"i:1"{{{(container.Length > 0 ? "," + container : "")}}}}]}}""";

    private protected async Task<JsonObject> UntilAsync(string ns, Func<JsonObject, bool> wanted) =>
        (await Shared.Api.UntilAsync($"/api/v1/namespaces/{ns}/pods/p", a => a.Code == 200 && wanted(a.Object))).Object;

    private protected async Task<string> EventAsync(string ns, string reason)
    {
        var events = await Shared.Api.UntilAsync(
            $"/api/v1/namespaces/{ns}/events",
            a => a.Body!["items"]!.AsArray().Any(e => e!["reason"]!.GetValue<string>() == reason)
        );
        return events.Body!["items"]!.AsArray().First(e => e!["reason"]!.GetValue<string>() == reason)![
            "message"
        ]!.GetValue<string>();
    }

    private protected async Task<string[]> CellsAsync(string ns)
    {
        var table = await Shared.Api.SendAsync(
            "GET",
            $"/api/v1/namespaces/{ns}/pods",
            accept: "application/json;as=Table;v=v1;g=meta.k8s.io"
        );
        return [.. table.Body!["rows"]![0]!["cells"]!.AsArray().Select(c => c!.ToString())];
    }

    private protected static JsonNode? Condition(JsonObject value, string type) =>
        value["status"]?["conditions"]?.AsArray().FirstOrDefault(c => c!["type"]!.GetValue<string>() == type);

    private protected static bool IsReady(JsonObject pod) =>
        Condition(pod, "Ready")?["status"]?.GetValue<string>() == "True";

    private protected static string Phase(JsonObject pod) => pod["status"]!["phase"]!.GetValue<string>();

    private protected static string? Waiting(JsonObject pod) =>
        pod["status"]!["containerStatuses"]?[0]!["state"]!["waiting"]?["reason"]?.GetValue<string>();

    private protected static string? Unschedulable(JsonObject pod) =>
        Condition(pod, "PodScheduled") is { } condition && condition["reason"]?.GetValue<string>() == "Unschedulable"
            ? condition["message"]!.GetValue<string>()
            : null;

    private protected static int? Number(Answer answer, string field) =>
        answer.Body!["status"]?[field]?.GetValue<int>();
}
