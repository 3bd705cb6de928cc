using System.Text.Json.Nodes;
using PlatformLocal.Core;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Deliveries;

namespace PlatformLocal.Deployment.Tests.Delivery;

/// <summary>Next steps of refused objects speak of what their manifests have.</summary>
public sealed class ManifestAdviceTests : EmbeddedDeliveries
{
    private const string Whole = """
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"},"spec":{"replicas":1,
         "selector":{"matchLabels":{"app":"a"}},"template":{"metadata":{"labels":{"app":"a"}},
         "spec":{"containers":[{"name":"a","image":"x/a:1"}]}}}}
        """;

    [Theory]
    [InlineData("\"replicas\":1", "\"replicas\":-1", "Correct spec.replicas in")]
    [InlineData(",\"image\":\"x/a:1\"", "", "Add spec.template.spec.containers[0].image in")]
    [InlineData("\"replicas\":1", "\"replicas\":1,\"strategy\":{\"type\":\"X\"}", "Correct spec.strategy")]
    public async Task What_the_manifest_has_is_to_be_corrected_and_what_it_lacks_to_be_added(
        string from,
        string to,
        string step
    )
    {
        var wrong = Yamlish(Whole.Replace(from, to, StringComparison.Ordinal));

        var deliver = () => DeliverAsync(Request("advice", Service("web", wrong)));

        var fault = (await deliver.Should().ThrowAsync<PlatformException>()).Which;
        fault.Kind.Should().Be(FailureKind.InvalidInput);
        fault.NextStep.Should().StartWith(step).And.EndWith("the manifest of Deployment env-advice/a.");
    }

    [Theory]
    [InlineData("\"image\":\"x/a:1\"", "\"image\":true", "Write spec.template.spec.containers[0].image in quotes")]
    [InlineData("\"replicas\":1", "\"replicas\":[]", "Correct what is refused")]
    public async Task A_manifest_with_a_value_of_another_kind_is_named_with_its_place(
        string from,
        string to,
        string step
    )
    {
        var wrong = Yamlish(Whole.Replace(from, to, StringComparison.Ordinal));
        var service = Service("web", wrong) with
        {
            Places = new Dictionary<JsonObject, string> { [wrong] = "web/objects.yaml, line 7" },
        };

        var deliver = () => DeliverAsync(Request("advice", service));

        (await deliver.Should().ThrowAsync<PlatformException>())
            .Which.NextStep.Should()
            .Be($"{step} in the manifest of Deployment env-advice/a, web/objects.yaml, line 7.");
    }

    [Fact]
    public async Task A_field_that_only_the_server_has_is_told_by_what_the_manifest_says_around_it()
    {
        await DeliverAsync(Request("advice", Service("web", Yamlish(Whole))));
        // Invalid by itself, and beside the bounds of the rolling update that the object has.
        var wrong = Yamlish(
            Whole.Replace(
                "\"replicas\":1",
                "\"replicas\":-1,\"strategy\":{\"type\":\"Recreate\"}",
                StringComparison.Ordinal
            )
        );

        var deliver = () => DeliverAsync(Request("advice", Service("web", wrong)));

        (await deliver.Should().ThrowAsync<PlatformException>())
            .Which.NextStep.Should()
            .Contain("spec.replicas")
            .And.Contain("spec.strategy")
            .And.NotContain("rollingUpdate");
    }
}
