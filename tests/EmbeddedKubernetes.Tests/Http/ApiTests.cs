using System.Text.Json.Nodes;
using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Http;

public sealed class ApiTests(SharedCluster shared)
{
    private const string Table = "application/json;as=Table;v=v1;g=meta.k8s.io";

    private static string ConfigMap(string name, string labels = "{}", string data = "{}") =>
        $$"""{"metadata":{"name":"{{name}}","labels":{{labels}} },"data":{{data}} }""";

    [Fact]
    public async Task Health_and_version_are_open_and_everything_else_wants_the_token()
    {
        using var stranger = new ApiClient(shared.Cluster.Server, token: null);
        foreach (var path in new[] { "/readyz", "/livez", "/healthz", "/version" })
        {
            (await stranger.GetAsync(path)).Code.Should().Be(200);
        }
        var refused = await stranger.GetAsync("/api/v1/namespaces");
        refused.Code.Should().Be(401);
        refused.Reason.Should().Be("Unauthorized");
        using var wrong = new ApiClient(shared.Cluster.Server, "wrong");
        (await wrong.GetAsync("/api")).Code.Should().Be(401);
    }

    [Fact]
    public async Task Lists_are_paged_selected_and_sorted()
    {
        var ns = await shared.NewNamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/configmaps";
        for (var i = 0; i < 7; i++)
        {
            await shared.Api.PostAsync(
                path,
                ConfigMap("c" + i, i % 2 == 0 ? """{"even":"yes"}""" : """{"even":"no"}""")
            );
        }
        var names = new List<string>();
        string? next = null;
        do
        {
            var page = await shared.Api.GetAsync($"{path}?limit=3&continue={Uri.EscapeDataString(next ?? "")}");
            names.AddRange(Names(page));
            next = page.Body!["metadata"]!["continue"]?.GetValue<string>();
        } while (next is not null);
        names.Remove("kube-root-ca.crt"); // a controller makes it, sooner or later
        names.Should().Equal("c0", "c1", "c2", "c3", "c4", "c5", "c6");
        Names(await shared.Api.GetAsync(path + "?labelSelector=even%3Dyes")).Should().Equal("c0", "c2", "c4", "c6");
        Names(await shared.Api.GetAsync(path + "?fieldSelector=metadata.name%3Dc3")).Should().Equal("c3");
        (await shared.Api.GetAsync(path + "?fieldSelector=data.x%3Dy")).Code.Should().Be(400);
        (await shared.Api.GetAsync(path + "?labelSelector=a+b")).Code.Should().Be(400);
    }

    [Fact]
    public async Task Unknown_fields_are_told_or_refused_as_asked()
    {
        var ns = await shared.NewNamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/configmaps";
        const string body = """{"metadata":{"name":"x"},"dataa":{}}""";
        var strict = await shared.Api.PostAsync(path + "?fieldValidation=Strict", body);
        strict.Code.Should().Be(400);
        strict.Body!["message"]!.GetValue<string>().Should().Contain("unknown field \"dataa\"");
        var warned = await shared.Api.PostAsync(path, body);
        warned.Code.Should().Be(201);
        warned.Headers.GetValues("Warning").Single().Should().Contain("dataa");
        warned.Object.ContainsKey("dataa").Should().BeFalse();
    }

    [Fact]
    public async Task A_dry_run_answers_but_changes_nothing()
    {
        var ns = await shared.NewNamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/configmaps";
        (await shared.Api.PostAsync(path + "?dryRun=All", ConfigMap("dry"))).Code.Should().Be(201);
        (await shared.Api.GetAsync(path + "/dry")).Code.Should().Be(404);
        await shared.Api.PostAsync(path, ConfigMap("wet", data: """{"a":"1"}"""));
        (await shared.Api.DeleteAsync(path + "/wet?dryRun=All")).Code.Should().Be(200);
        var patched = await shared.Api.SendAsync(
            "PATCH",
            path + "/wet?dryRun=All",
            """{"data":{"a":"2"}}""",
            ApiClient.MergePatch
        );
        patched.Body!["data"]!["a"]!.GetValue<string>().Should().Be("2");
        (await shared.Api.GetAsync(path + "/wet")).Body!["data"]!["a"]!.GetValue<string>().Should().Be("1");
        (await shared.Api.PostAsync(path + "?dryRun=Some", ConfigMap("dry"))).Code.Should().Be(400);
    }

    [Fact]
    public async Task Applying_the_same_again_changes_nothing_at_all()
    {
        var ns = await shared.NewNamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/services/svc";
        const string yaml = """
            apiVersion: v1
            kind: Service
            metadata:
              name: svc
            spec:
              selector: {app: x}
              ports:
              - port: 80
            """;
        var first = await shared.Api.ApplyAsync(path, yaml);
        first.Code.Should().Be(201);
        var second = await shared.Api.ApplyAsync(path, yaml);
        second.Code.Should().Be(200);
        second.Body!.ToJsonString().Should().Be(first.Body!.ToJsonString());
    }

    [Fact]
    public async Task Tables_have_the_usual_columns_for_every_kind()
    {
        var groups = new List<string> { "/api/v1" };
        foreach (var group in (await shared.Api.GetAsync("/apis")).Body!["groups"]!.AsArray())
        {
            groups.AddRange(
                group!["versions"]!.AsArray().Select(v => "/apis/" + v!["groupVersion"]!.GetValue<string>())
            );
        }
        foreach (var group in groups)
        {
            foreach (var resource in (await shared.Api.GetAsync(group)).Body!["resources"]!.AsArray())
            {
                var name = resource!["name"]!.GetValue<string>();
                if (
                    name.Contains('/', StringComparison.Ordinal)
                    || !resource["verbs"]!.AsArray().Any(v => v!.GetValue<string>() == "list")
                )
                {
                    continue;
                }
                var table = await shared.Api.SendAsync("GET", $"{group}/{name}", accept: Table);
                table.Code.Should().Be(200, "{0}", $"{group}/{name}");
                table.Body!["kind"]!.GetValue<string>().Should().Be("Table");
                var columns = table.Body["columnDefinitions"]!.AsArray().Count;
                columns.Should().BeGreaterThan(1);
                foreach (var row in table.Body["rows"]!.AsArray())
                {
                    row!["cells"]!.AsArray().Should().HaveCount(columns);
                }
            }
        }
    }

    [Fact]
    public async Task Json_that_names_a_field_twice_or_is_too_deep_is_refused_not_believed()
    {
        var ns = await shared.NewNamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/configmaps";
        (await shared.Api.PostAsync(path, """{"metadata":{"name":"a","name":"b"}}""")).Code.Should().Be(400);
        var deep = string.Concat(Enumerable.Repeat("""{"a":""", 5000)) + "1" + new string('}', 5000);
        (await shared.Api.PostAsync(path, deep)).Code.Should().Be(400);
        (await shared.Api.SendAsync("POST", path, "k8s\0\u0001\u0002", "application/vnd.kubernetes.protobuf"))
            .Code.Should()
            .Be(400);
    }

    [Fact]
    public async Task Scale_reads_and_writes_replicas()
    {
        var ns = await shared.NewNamespaceAsync();
        var path = $"/apis/apps/v1/namespaces/{ns}/deployments";
        await shared.Api.PostAsync(path, Workloads.Deployment("d", "i:1", 1));
        var scale = await shared.Api.GetAsync(path + "/d/scale");
        scale.Body!["spec"]!["replicas"]!.GetValue<int>().Should().Be(1);
        scale.Object["spec"] = new JsonObject { ["replicas"] = 3 };
        scale.Object["metadata"]!.AsObject().Remove("resourceVersion");
        (await shared.Api.PutAsync(path + "/d/scale", scale.Object.ToJsonString())).Code.Should().Be(200);
        await shared.Api.UntilAsync(path + "/d", a => a.Body!["status"]?["readyReplicas"]?.GetValue<int>() == 3);
    }

    private static IEnumerable<string> Names(Answer list) =>
        list.Body!["items"]!.AsArray().Select(i => i!["metadata"]!["name"]!.GetValue<string>());
}
