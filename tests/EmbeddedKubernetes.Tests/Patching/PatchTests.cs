using System.Text.Json.Nodes;
using EmbeddedKubernetes.Json;
using EmbeddedKubernetes.Patching;
using EmbeddedKubernetes.Schemas;

namespace EmbeddedKubernetes.Tests.Patching;

public sealed class PatchTests
{
    private static readonly SchemaNode s_deployment = BuiltInSchemas.ForKind("apps/v1", "Deployment");

    // The examples of RFC 7386, appendix A.
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", "{}")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""["a","b"]""", """["c","d"]""", """["c","d"]""")]
    [InlineData("""{"a":"b"}""", """["c"]""", """["c"]""")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("""[1,2]""", """{"a":"b","c":null}""", """{"a":"b"}""")]
    [InlineData("{}", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void A_merge_patch_does_what_its_rfc_says(string target, string patch, string expected) =>
        JsonNode
            .DeepEquals(MergePatch.Apply(JsonNode.Parse(target), JsonNode.Parse(patch)), JsonNode.Parse(expected))
            .Should()
            .BeTrue();

    [Theory]
    [InlineData("""{"foo":"bar"}""", """[{"op":"add","path":"/baz","value":"qux"}]""", """{"foo":"bar","baz":"qux"}""")]
    [InlineData(
        """{"foo":["bar","baz"]}""",
        """[{"op":"add","path":"/foo/1","value":"qux"}]""",
        """{"foo":["bar","qux","baz"]}"""
    )]
    [InlineData(
        """{"foo":["bar","qux","baz"]}""",
        """[{"op":"remove","path":"/foo/1"}]""",
        """{"foo":["bar","baz"]}"""
    )]
    [InlineData(
        """{"foo":["all","grass","cows","eat"]}""",
        """[{"op":"move","from":"/foo/1","path":"/foo/3"}]""",
        """{"foo":["all","cows","eat","grass"]}"""
    )]
    [InlineData(
        """{"foo":["bar"]}""",
        """[{"op":"add","path":"/foo/-","value":["abc","def"]}]""",
        """{"foo":["bar",["abc","def"]]}"""
    )]
    [InlineData("""{"/":9,"~1":10}""", """[{"op":"test","path":"/~01","value":10}]""", """{"/":9,"~1":10}""")]
    [InlineData("""{"foo":null}""", """[{"op":"test","path":"/foo","value":null}]""", """{"foo":null}""")]
    public void A_json_patch_does_what_its_rfc_says(string target, string patch, string expected) =>
        JsonPatch
            .Apply(JsonNode.Parse(target), JsonNode.Parse(patch))
            .Text()
            .Should()
            .Be(JsonNode.Parse(expected).Text());

    [Theory]
    [InlineData("""[{"op":"add","path":"/baz/bat","value":"qux"}]""")]
    [InlineData("""[{"op":"test","path":"/a","value":"other"}]""")]
    [InlineData("""[{"op":"remove","path":"/list/7"}]""")]
    [InlineData("""[{"op":"replace","path":"/list/01","value":1}]""")]
    [InlineData("""[{"op":"move","from":"/a","path":"/a/b"}]""")]
    [InlineData("""[{"op":"jump","path":"/a"}]""")]
    [InlineData("""[{"op":"add","path":"a","value":1}]""")]
    [InlineData("""[{"op":"add","path":"/a"}]""")]
    public void A_json_patch_that_does_not_fit_is_refused(string patch)
    {
        var apply = () => JsonPatch.Apply(JsonNode.Parse("""{"a":"b","list":[1]}"""), JsonNode.Parse(patch));
        apply.Should().Throw<PatchException>();
    }

    [Fact]
    public void A_strategic_merge_keeps_what_only_the_server_has_near_its_neighbours()
    {
        var merged = Strategic(
            """{"spec":{"template":{"spec":{"containers":[{"name":"a"},{"name":"server"},{"name":"b"}]}}}}""",
            """{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],"containers":[{"name":"b","image":"x"}]}}}}"""
        );
        var names = merged["spec"]!["template"]!["spec"]!["containers"]!
            .AsArray()
            .Select(c => c!["name"]!.GetValue<string>());
        names.Should().Equal("server", "b", "a");
    }

    [Fact]
    public void Retained_keys_drop_the_others()
    {
        var merged = Strategic(
            """{"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}}""",
            """{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}"""
        );
        merged["spec"]!["strategy"]!.ToJsonString().Should().Be("""{"type":"Recreate"}""");
    }

    private static JsonObject Strategic(string target, string patch) =>
        StrategicMergePatch.Apply(
            (JsonObject)JsonNode.Parse(target)!,
            (JsonObject)JsonNode.Parse(patch)!,
            s_deployment
        );
}
