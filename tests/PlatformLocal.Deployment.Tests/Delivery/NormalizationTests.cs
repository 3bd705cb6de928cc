using System.Text.Json.Nodes;
using PlatformLocal.Deployment.Delivery.Direct;

namespace PlatformLocal.Deployment.Tests.Delivery;

public sealed class NormalizationTests
{
    [Theory]
    [InlineData("""{"a": "x", "b": null}""", """{"data":{"a":"eA==","b":""}}""")]
    [InlineData("""{"a": "x", "pin": 12345}""", """{"stringData":{"a":"x","pin":12345}}""")]
    public void Texts_of_a_Secret_are_encoded_and_what_is_no_text_is_left_for_the_server_to_refuse(
        string texts,
        string expected
    )
    {
        var secret = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject { ["name"] = "a" },
            ["stringData"] = JsonNode.Parse(texts),
        };

        Normalization.Apply(secret);

        secret.Remove("apiVersion");
        secret.Remove("kind");
        secret.Remove("metadata");
        secret.ToJsonString().Should().Be(expected);
    }
}
