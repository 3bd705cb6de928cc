using System.Text.Json.Nodes;
using EmbeddedKubernetes.Resources;
using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Differential;

/// <summary>Bodies with one fault or a few, to a real kube-apiserver and to ours: the same answer for the same causes.</summary>
public sealed class RefusedBodiesTests(SharedCluster shared, RealServer server)
{
    private const string Containers = """ "containers":[{"name":"c","image":"i:1"}] """;

    // Older than ours, the real server has these in another version.
    private static readonly Dictionary<string, string> s_older = new(StringComparer.Ordinal)
    {
        ["cronjobs"] = "batch/v1beta1",
        ["poddisruptionbudgets"] = "policy/v1beta1",
    };

    [Fact]
    public async Task What_a_real_server_refuses_is_refused_for_the_same_causes()
    {
        Assert.SkipUnless(RealServer.IsThere, RealServer.WhySkipped);
        var real = await server.StartAsync();
        var different = new List<string>();
        foreach (var (plural, body) in Read())
        {
            var type = new ResourceCatalogue().All.Last(t => t.Plural == plural);
            var expected = await CreateAsync(real, type, body, s_older.GetValueOrDefault(plural) ?? type.ApiVersion);
            var actual = await CreateAsync(shared.Api, type, body, type.ApiVersion);
            if (expected != actual)
            {
                different.Add($"{plural} {body.ToJsonString()}\n  real: {expected}\n  ours: {actual}");
            }
        }
        different.Should().BeEmpty();
    }

    private static IEnumerable<(string Plural, JsonObject Body)> Read()
    {
        using var stream = typeof(RefusedBodiesTests).Assembly.GetManifestResourceStream(
            "EmbeddedKubernetes.Tests.Differential.Bodies.refused.txt"
        )!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            var text = line[space..]
                .Replace(
                    "TEMPLATE",
                    $$$"""{"metadata":{"labels":{"a":"b"}},"spec":{ {{{Containers}}} } }""",
                    StringComparison.Ordinal
                )
                .Replace("CONTAINERS", Containers, StringComparison.Ordinal);
            yield return (line[..space], (JsonObject)JsonNode.Parse(text)!);
        }
    }

    private static async Task<string> CreateAsync(ApiClient api, ResourceType type, JsonObject body, string version)
    {
        var value = (JsonObject)body.DeepClone();
        value["apiVersion"] = version;
        value["kind"] = type.Kind;
        value["metadata"] ??= new JsonObject { ["name"] = "bad" };
        var root = version.Contains('/', StringComparison.Ordinal) ? "/apis/" : "/api/";
        var space = type.Namespaced ? "/namespaces/default" : "";
        var answer = await api.PostAsync($"{root}{version}{space}/{type.Plural}?dryRun=All", value.ToJsonString());
        var causes = (answer.Object["details"]?["causes"]?.AsArray() ?? [])
            .Select(c =>
                $"{c!["reason"]!.GetValue<string>().Replace("TypeInvalid", "Invalid", StringComparison.Ordinal)} {Field(c["field"])}"
            )
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal);
        return $"{answer.Code} {answer.Reason} {string.Join(", ", causes)}";
    }

    // Two paths that the real server at hand tells otherwise than the newer ones.
    private static string? Field(JsonNode? field) =>
        field
            ?.GetValue<string>()
            .Replace("data[%s][", "data[", StringComparison.Ordinal)
            .Replace("spec.validation.", "spec.versions[0].schema.", StringComparison.Ordinal);
}
