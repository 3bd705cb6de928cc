using System.Text.Json.Nodes;
using EmbeddedKubernetes.Schemas;
using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Schemas;

/// <summary>Our own notation of the built-in types, against the published OpenAPI document.</summary>
public sealed class SwaggerTests
{
    private const string File = "kubernetes/swagger-v1.36.json";

    [Fact]
    public void Every_type_has_the_fields_keys_and_merge_rules_of_the_published_document()
    {
        var path = TestData.Find(File);
        Assert.SkipUnless(path is not null, $"{File} is neither under PLATFORM_TEST_DATA nor in ../shared/data");
        var definitions = JsonNode.Parse(System.IO.File.ReadAllText(path!))!["definitions"]!.AsObject();
        var faults = new List<string>();
        foreach (var (scope, name, node) in BuiltInSchemas.Text.Types)
        {
            if (definitions[FullName(scope, name)] is not JsonObject published)
            {
                faults.Add($"{scope} {name} is not published");
                continue;
            }
            Compare($"{scope} {name}", node, published, faults);
        }
        faults.Should().BeEmpty();
    }

    private static void Compare(string type, SchemaNode node, JsonObject published, List<string> faults)
    {
        var properties = published["properties"]?.AsObject() ?? [];
        var required =
            published["required"]?.AsArray().Select(r => r!.GetValue<string>()).ToHashSet(StringComparer.Ordinal) ?? [];
        if ((published["x-kubernetes-map-type"]?.GetValue<string>() == "atomic") != node.Atomic)
        {
            faults.Add($"{type}: owned as a whole or not");
        }
        foreach (var (name, property) in properties)
        {
            if (!node.Fields.TryGetValue(name, out var field))
            {
                faults.Add($"{type}.{name} is missing");
                continue;
            }
            if (required.Contains(name) != field.Required && name is not ("apiVersion" or "kind"))
            {
                faults.Add($"{type}.{name}: required or not");
            }
            if (field.Node.Kind == SchemaKind.List)
            {
                CompareList($"{type}.{name}", field.Node, property!, faults);
            }
            else if ((property!["type"]?.GetValue<string>() == "array") && field.Node.Kind != SchemaKind.Any)
            {
                faults.Add($"{type}.{name} is a list");
            }
        }
        faults.AddRange(
            node.Fields.Keys.Where(f => !properties.ContainsKey(f)).Select(f => $"{type}.{f} is not published")
        );
    }

    private static void CompareList(string where, SchemaNode node, JsonNode published, List<string> faults)
    {
        var kind = published["x-kubernetes-list-type"]?.GetValue<string>() switch
        {
            "map" => ListKind.Map,
            "set" => ListKind.Set,
            _ => ListKind.Atomic,
        };
        var keys = published["x-kubernetes-list-map-keys"]?.AsArray().Select(k => k!.GetValue<string>()) ?? [];
        var merge =
            published["x-kubernetes-patch-strategy"]?.GetValue<string>().Contains("merge", StringComparison.Ordinal)
            == true;
        var key = merge ? published["x-kubernetes-patch-merge-key"]?.GetValue<string>() : null;
        if (kind != node.ListKind || !keys.SequenceEqual(node.Keys, StringComparer.Ordinal))
        {
            faults.Add($"{where}: the list is {kind} by {string.Join(',', keys)}");
        }
        if (merge != node.PatchMerge || key != node.PatchKey)
        {
            faults.Add($"{where}: a strategic merge {(merge ? $"merges by {key}" : "replaces")}");
        }
    }

    private static string FullName(string scope, string name) =>
        scope.Split('/') switch
        {
            ["meta", var v] => $"io.k8s.apimachinery.pkg.apis.meta.{v}.{name}",
            ["apiextensions.k8s.io", var v] => $"io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.{v}.{name}",
            ["apiregistration.k8s.io", var v] => $"io.k8s.kube-aggregator.pkg.apis.apiregistration.{v}.{name}",
            [var group, var v] => $"io.k8s.api.{group.Split('.')[0]}.{v}.{name}",
            _ => name,
        };
}
