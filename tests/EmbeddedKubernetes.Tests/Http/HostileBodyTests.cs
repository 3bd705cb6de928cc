using System.Text;
using EmbeddedKubernetes.Json;
using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Http;

/// <summary>Bodies that are small and want to end or fill the process.</summary>
public sealed class HostileBodyTests(SharedCluster shared)
{
    private const string Yaml = "application/yaml";
    private const string ConfigMaps = "/api/v1/namespaces/default/configmaps";

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    public async Task Yaml_nested_fifty_thousand_times_is_a_bad_request(string open)
    {
        var body = string.Concat(Enumerable.Repeat(open, 50_000));
        (await shared.Api.SendAsync("POST", ConfigMaps, body, Yaml)).Code.Should().Be(400);
        (await shared.Api.ApplyAsync(ConfigMaps + "/deep", body)).Code.Should().Be(400);
    }

    [Theory]
    [InlineData("[", "]", Yaml)]
    [InlineData("[", "]", ApiClient.Json)]
    [InlineData("{\"a\":", "}", ApiClient.Json)]
    public async Task Whole_values_nested_fifty_thousand_times_are_bad_requests(string open, string close, string type)
    {
        var body = new StringBuilder()
            .Insert(0, open, 50_000)
            .Append('1')
            .Insert(50_000 * open.Length + 1, close, 50_000)
            .ToString();
        (await shared.Api.SendAsync("POST", ConfigMaps, body, type)).Code.Should().Be(400);
    }

    [Fact]
    public async Task Aliases_of_aliases_are_a_bad_request_and_take_no_memory()
    {
        var bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i <= 12; i++)
        {
            var previous = string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10));
            bomb.Append(System.Globalization.CultureInfo.InvariantCulture, $"a{i}: &a{i} [{previous}]\n");
        }
        await RefusedWithoutMemoryAsync(bomb.ToString());
    }

    [Fact]
    public async Task Many_aliases_of_a_large_text_are_a_bad_request_and_take_no_memory()
    {
        var bomb = new StringBuilder("text: &t ").Append('x', 1_000_000).Append('\n');
        for (var i = 0; i < 3_000; i++)
        {
            bomb.Append(System.Globalization.CultureInfo.InvariantCulture, $"a{i}: *t\n");
        }
        await RefusedWithoutMemoryAsync(bomb.ToString());
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    public async Task Bodies_over_three_mebibytes_are_refused_as_a_real_server_does(string method)
    {
        var body = """{"metadata":{"name":"large"},"data":{"a":"#"}}""".Replace(
            "#",
            new string('x', 3 * 1024 * 1024),
            StringComparison.Ordinal
        );
        var path = method == "POST" ? ConfigMaps : ConfigMaps + "/large";
        var type = method == "PATCH" ? ApiClient.MergePatch : ApiClient.Json;
        var answer = await shared.Api.SendAsync(method, path, body, type);
        answer.Code.Should().Be(413);
        answer.Reason.Should().Be("RequestEntityTooLarge");
        answer.Object["message"]!.GetValue<string>().Should().Be("Request entity too large: limit is 3145728");
    }

    [Fact]
    public async Task A_json_patch_cannot_copy_a_value_into_itself_without_end()
    {
        var ns = await shared.NewNamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/configmaps";
        await shared.Api.PostAsync(path, """{"metadata":{"name":"a"},"data":{"a":"b"}}""");
        var doubling = string.Join(
            ',',
            Enumerable.Range(0, 40).Select(i => $$"""{"op":"copy","from":"/data","path":"/data/c{{i}}"}""")
        );
        var wide = await shared.Api.SendAsync("PATCH", path + "/a", $"[{doubling}]", ApiClient.JsonPatch);
        wide.Code.Should().BeOneOf(413, 422);
        var at = "/data";
        var steps = new List<string>();
        for (var i = 0; i < 300; i++)
        {
            at += "/a";
            steps.Add($$$"""{"op":"add","path":"{{{at}}}","value":{}}""");
        }
        var deep = await shared.Api.SendAsync(
            "PATCH",
            path + "/a",
            $"[{string.Join(',', steps)}]",
            ApiClient.JsonPatch
        );
        deep.Code.Should().Be(422);
        var many = string.Join(',', Enumerable.Repeat("""{"op":"test","path":"/kind","value":"x"}""", 10_001));
        (await shared.Api.SendAsync("PATCH", path + "/a", $"[{many}]", ApiClient.JsonPatch)).Code.Should().Be(413);
    }

    [Fact]
    public async Task Half_a_character_becomes_the_replacement_character()
    {
        var ns = await shared.NewNamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/configmaps";
        var made = await shared.Api.PostAsync(
            path,
            """{"metadata":{"name":"halves"},"data":{"high":"a\ud800b","low":"\udc00","whole":"\ud83d\ude00","no":"\\ud800"}}"""
        );
        made.Code.Should().Be(201);
        var data = made.Object["data"]!;
        data["high"]!.GetValue<string>().Should().Be("a\ufffdb");
        data["low"]!.GetValue<string>().Should().Be("\ufffd");
        data["whole"]!.GetValue<string>().Should().Be("😀");
        data["no"]!.GetValue<string>().Should().Be("\\ud800");
    }

    [Fact]
    public async Task An_unknown_field_of_any_name_is_warned_of()
    {
        var ns = await shared.NewNamespaceAsync();
        var made = await shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/configmaps",
            """{"metadata":{"name":"a"},"d\u00fc\nr":{}}"""
        );
        made.Code.Should().Be(201);
        made.Headers.GetValues("Warning").Should().ContainSingle().Which.Should().Contain("unknown field");
    }

    [Theory]
    [InlineData("[a, b")]
    [InlineData("{a: b")]
    [InlineData("\"a")]
    [InlineData("a: *b")]
    [InlineData("? [a]\n: b")]
    [InlineData("a: 1\na: 2")]
    [InlineData("&a [*a]")]
    [InlineData("%YAML 9.9\n---\na")]
    [InlineData("!<> a")]
    public void Yaml_that_is_none_is_told_as_such(string text)
    {
        var read = () => YamlBody.Parse(Encoding.UTF8.GetBytes(text));
        read.Should().Throw<FormatException>();
    }

    [Fact]
    public void Yaml_is_read_with_its_anchors()
    {
        var read = YamlBody.Parse("a: &a {b: [1, two, \"3\"]}\nc: *a\nd: ~\n"u8);
        read!.ToJsonString().Should().Be("""{"a":{"b":[1,"two","3"]},"c":{"b":[1,"two","3"]},"d":null}""");
    }

    private async Task RefusedWithoutMemoryAsync(string body)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var answer = await shared.Api.SendAsync("POST", ConfigMaps, body, Yaml);
        answer.Code.Should().Be(400);
        // Other tests run beside this one: the bombs would take gigabytes.
        (GC.GetTotalAllocatedBytes(precise: true) - before)
            .Should()
            .BeLessThan(1_000_000_000);
    }
}
