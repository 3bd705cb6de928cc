using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NJsonSchema;
using PlatformLocal.Core.Documents;
using PlatformLocal.Platform.PlatformServices;
using PlatformLocal.Testing;

namespace PlatformLocal.Platform.Tests.PlatformServices;

/// <summary>The services' values against what the charts themselves say about theirs.</summary>
public sealed class ChartValuesTests
{
    public static TheoryData<string, string> Charts()
    {
        var data = new TheoryData<string, string>();
        foreach (var service in PlatformServiceCatalogue.All)
        {
            foreach (var chart in service.Charts)
            {
                data.Add(service.Name, chart.Chart);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Charts))]
    public async Task Every_value_is_one_that_the_chart_knows(string serviceName, string chartName)
    {
        string file = TestData.Require($"charts/{chartName}/values.yaml");
        var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        var known = YamlText.ParseAll(text, "values.yaml").Select(d => d.Root).OfType<JsonObject>().Single();

        // What has no default is in the schema only, where there is one.
        string schema = Path.Combine(Path.GetDirectoryName(file)!, "values.schema.json");
        if (File.Exists(schema))
        {
            text += Regex.Replace(
                await File.ReadAllTextAsync(schema, TestContext.Current.CancellationToken),
                "\"(\\w+)\":",
                "\n# $1:"
            );
        }

        var unknown = UnknownKeys(ValuesOf(serviceName, chartName), known, text, "").ToList();

        unknown.Should().BeEmpty();
    }

    [Theory]
    [InlineData("cert-manager", "cert-manager")]
    [InlineData("opal", "opal")]
    public async Task Values_keep_to_the_chart_s_schema(string serviceName, string chartName)
    {
        // NJsonSchema knows the older name of the same thing only.
        var text = (
            await File.ReadAllTextAsync(
                TestData.Require($"charts/{chartName}/values.schema.json"),
                TestContext.Current.CancellationToken
            )
        ).Replace("$defs", "definitions");
        var schema = await JsonSchema.FromJsonAsync(text, TestContext.Current.CancellationToken);
        var known = YamlText.ParseObject(
            File.ReadAllText(TestData.Require($"charts/{chartName}/values.yaml")),
            "values.yaml"
        );

        var faults = schema.Validate(Merged(known, ValuesOf(serviceName, chartName)).ToJsonString());

        faults.Should().BeEmpty();
    }

    public static TheoryData<string, string> Rendered() =>
        new()
        {
            { "authentik", "authentik" },
            { "cert-manager", "cert-manager" },
            { "elasticsearch", "eck-operator" },
            { "gateway", "envoy-gateway" },
            { "infisical", "infisical" },
            { "kong", "kong" },
            { "minio", "minio" },
            { "monitoring", "monitoring" },
            { "opal", "opal" },
            { "qdrant", "qdrant" },
            { "rustfs", "rustfs" },
        };

    // What only `helm test` runs, and what our values replace since the charts were rendered.
    private static readonly string[] s_elsewhere =
    [
        "docker.io/bats/bats:1.14.0",
        "registry.suse.com/bci/bci-base:latest",
        "docker.io/apteno/alpine-jq:2021-04-25",
        "quay.io/minio/minio:RELEASE.2024-12-18T13-15-44Z",
    ];

    [Theory]
    [MemberData(nameof(Rendered))]
    public void The_images_of_a_service_are_those_that_its_chart_renders(string serviceName, string folder)
    {
        var rendered = JsonNode
            .Parse(File.ReadAllText(TestData.Require($"charts/{folder}/objects.json")))!
            .AsArray()
            .SelectMany(o => o!["containers"]?.AsArray() ?? [])
            .Select(c => Qualified(c!["image"]!.GetValue<string>()))
            .Distinct(StringComparer.Ordinal)
            .Except(s_elsewhere, StringComparer.Ordinal);

        rendered.Should().BeSubsetOf(PlatformServiceCatalogue.Find(serviceName)!.Images);
    }

    private static string Qualified(string image) =>
        !image.Contains('/', StringComparison.Ordinal) ? $"docker.io/library/{image}"
        : image.Split('/')[0].Contains('.', StringComparison.Ordinal) ? image
        : $"docker.io/{image}";

    [Fact]
    public void A_value_that_the_chart_does_not_know_is_found()
    {
        const string text = """
            mode: a
            persistence:
              size: 1Gi
              # storageClass: fast
            labels: {}
            """;
        var known = YamlText.ParseObject(text, "values.yaml");
        var ours = YamlText.ParseObject(
            "{mod: b, persistence: {size: 2Gi, storageClass: x, sizes: 3}, labels: {a: b}}",
            "ours"
        );

        UnknownKeys(ours, known, text, "").Should().Equal("mod", "persistence.sizes");
    }

    /// <summary>
    /// The paths a chart does not know. Below an empty map, a list or null anything may stand; what a comment shows is
    /// known too.
    /// </summary>
    private static IEnumerable<string> UnknownKeys(JsonObject ours, JsonObject known, string text, string path)
    {
        foreach (var (name, value) in ours)
        {
            var here = path.Length == 0 ? name : $"{path}.{name}";
            if (!known.TryGetPropertyValue(name, out var found))
            {
                if (!Regex.IsMatch(text, $@"^\s*#\s*{Regex.Escape(name)}:", RegexOptions.Multiline))
                {
                    yield return here;
                }
            }
            else if (name == "resources")
            {
                // A part of a pod, whatever the chart's own values have of it.
            }
            else if (value is JsonObject inner && found is JsonObject { Count: > 0 } outer)
            {
                foreach (var fault in UnknownKeys(inner, outer, text, here))
                {
                    yield return fault;
                }
            }
        }
    }

    private static JsonObject ValuesOf(string serviceName, string chartName)
    {
        var service = PlatformServiceCatalogue.Find(serviceName)!;
        return service.Charts.Single(c => c.Chart == chartName).DefaultValues(service.Folder);
    }

    private static JsonObject Merged(JsonObject below, JsonObject over)
    {
        var merged = (JsonObject)below.DeepClone();
        foreach (var (name, value) in over)
        {
            merged[name] =
                value is JsonObject inner && below[name] is JsonObject outer
                    ? Merged(outer, inner)
                    : value?.DeepClone();
        }

        return merged;
    }
}
