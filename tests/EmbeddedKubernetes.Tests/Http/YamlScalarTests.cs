using System.Text;
using EmbeddedKubernetes.Json;

namespace EmbeddedKubernetes.Tests.Http;

/// <summary>Scalars of YAML bodies: the same rules as kubectl's, which real servers read by too.</summary>
public sealed class YamlScalarTests
{
    [Theory]
    [InlineData("y", "true")]
    [InlineData("off", "false")]
    [InlineData("True", "true")]
    [InlineData("~", "null")]
    [InlineData("0644", "420")]
    [InlineData("0x1F", "31")]
    [InlineData("1_000", "1000")]
    [InlineData("1e3", "1000")]
    [InlineData("1:30", "\"1:30\"")]
    [InlineData("2001-01-01", "\"2001-01-01\"")]
    [InlineData("\"y\"", "\"y\"")]
    [InlineData("!!str 1", "\"1\"")]
    [InlineData("!!int \"7\"", "7")]
    public void A_scalar_is_what_kubectl_makes_of_it(string yaml, string json) =>
        (YamlBody.Parse(Encoding.UTF8.GetBytes($"a: {yaml}"))!["a"]?.ToJsonString() ?? "null").Should().Be(json);

    [Theory]
    [InlineData("1: a", "1")]
    [InlineData("y: a", "true")]
    [InlineData("\"y\": a", "y")]
    public void A_key_is_a_text(string yaml, string key) =>
        YamlBody.Parse(Encoding.UTF8.GetBytes(yaml))!.AsObject().Single().Key.Should().Be(key);

    [Theory]
    [InlineData("a: .nan")]
    [InlineData("~: a")]
    [InlineData("a: !!int x")]
    public void What_JSON_does_not_have_is_refused(string yaml)
    {
        var parse = () => YamlBody.Parse(Encoding.UTF8.GetBytes(yaml));

        parse.Should().Throw<FormatException>();
    }
}
