using EmbeddedKubernetes.Json;
using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Http;

/// <summary>Definitions as their projects publish them.</summary>
public sealed class PublishedDefinitionsTests(SharedCluster shared)
{
    private const string Gateways = "/apis/gateway.networking.k8s.io/v1";

    [Theory]
    [InlineData("flux")]
    [InlineData("gateway-api")]
    [InlineData("cert-manager")]
    public async Task Published_definitions_are_accepted_and_served(string project)
    {
        foreach (var file in Files(project))
        {
            var made = await ApplyAsync(file);
            if (Path.GetFileName(file).Contains("_vap_", StringComparison.Ordinal))
            {
                made.Body!["message"]!.GetValue<string>().Should().Contain("does not evaluate admission policies");
                continue;
            }
            made.Code.Should().BeOneOf([200, 201], "{0}: {1}", file, made.Body?["message"]);
            if (made.Body!["kind"]!.GetValue<string>() == "CustomResourceDefinition")
            {
                var version = made.Body["spec"]!["versions"]![0]!["name"];
                var path = $"/apis/{made.Body["spec"]!["group"]}/{version}/{made.Body["spec"]!["names"]!["plural"]}";
                (await shared.Api.GetAsync(path)).Code.Should().Be(200, "{0}", path);
            }
        }
    }

    [Fact]
    public async Task Gateways_and_routes_are_accepted()
    {
        foreach (var file in Files("gateway-api"))
        {
            await ApplyAsync(file);
        }
        var ns = await shared.NewNamespaceAsync();
        await shared.Api.PostAsync(
            $"{Gateways}/gatewayclasses",
            $$"""{"apiVersion":"gateway.networking.k8s.io/v1","kind":"GatewayClass","metadata":{"name":"{{ns}}"},"spec":{"controllerName":"example.com/x"} }"""
        );
        await shared.Api.PostAsync(
            $"{Gateways}/namespaces/{ns}/gateways",
            $$"""{"apiVersion":"gateway.networking.k8s.io/v1","kind":"Gateway","metadata":{"name":"gw"},"spec":{"gatewayClassName":"{{ns}}","listeners":[{"name":"http","port":80,"protocol":"HTTP"}]} }"""
        );
        await shared.Api.PostAsync(
            $"{Gateways}/namespaces/{ns}/httproutes",
            """{"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{"name":"r"},"spec":{"parentRefs":[{"name":"gw"}],"rules":[{"backendRefs":[{"name":"web","port":80}]}]}}"""
        );
        await shared.Api.UntilAsync(
            $"{Gateways}/gatewayclasses/{ns}",
            a => Text(a).Contains("\"Accepted\",\"status\":\"True\"", StringComparison.Ordinal)
        );
        await shared.Api.UntilAsync(
            $"{Gateways}/namespaces/{ns}/gateways/gw",
            a => Text(a).Contains("\"Programmed\",\"status\":\"True\"", StringComparison.Ordinal)
        );
        await shared.Api.UntilAsync(
            $"{Gateways}/namespaces/{ns}/httproutes/r",
            a => Text(a).Contains("\"ResolvedRefs\",\"status\":\"True\"", StringComparison.Ordinal)
        );
    }

    private static string Text(Answer answer) =>
        (answer.Body as System.Text.Json.Nodes.JsonObject)?["status"]?.ToJsonString() ?? "";

    private async Task<Answer> ApplyAsync(string file)
    {
        var body = YamlBody.Parse(await File.ReadAllBytesAsync(file, ApiClient.Cancel))!.AsObject();
        var name = body["metadata"]!["name"]!.GetValue<string>();
        var path = body["kind"]!.GetValue<string>() switch
        {
            "CustomResourceDefinition" => "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/",
            _ => "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/",
        };
        return await shared.Api.ApplyAsync(path + name, body.ToJsonString());
    }

    private static IEnumerable<string> Files(string project)
    {
        var folder = TestData.Find(project);
        Assert.SkipUnless(folder is not null, $"{project} is neither under PLATFORM_TEST_DATA nor in ../shared/data");
        return Directory.GetFiles(folder!, "*.yaml").Order(StringComparer.Ordinal);
    }
}
