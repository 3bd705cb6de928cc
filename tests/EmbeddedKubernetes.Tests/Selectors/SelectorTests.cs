using EmbeddedKubernetes.Selectors;

namespace EmbeddedKubernetes.Tests.Selectors;

public sealed class SelectorTests
{
    private static readonly Dictionary<string, string> s_labels = new(StringComparer.Ordinal)
    {
        ["app"] = "web",
        ["tier"] = "front",
        ["weight"] = "5",
    };

    [Theory]
    [InlineData("", true)]
    [InlineData("app=web", true)]
    [InlineData("app==web,tier=front", true)]
    [InlineData("app=web,tier=back", false)]
    [InlineData("app!=web", false)]
    [InlineData("absent!=x", true)]
    [InlineData("app in (web,api)", true)]
    [InlineData("app in (api)", false)]
    [InlineData("app notin (api), tier", true)]
    [InlineData("absent notin (x)", true)]
    [InlineData("absent", false)]
    [InlineData("!absent", true)]
    [InlineData("!app", false)]
    [InlineData("weight>4", true)]
    [InlineData("weight<5", false)]
    public void A_query_selects_by_labels(string query, bool matches) =>
        LabelSelector.Parse(query).Matches(s_labels).Should().Be(matches);

    [Theory]
    [InlineData("app=web=x")]
    [InlineData("app near (x)")]
    [InlineData("=x")]
    [InlineData("a b")]
    public void A_query_that_makes_no_sense_is_refused(string query)
    {
        var parse = () => LabelSelector.Parse(query);
        parse.Should().Throw<FormatException>();
    }
}
