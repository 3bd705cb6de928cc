using PlatformLocal.Core.Documents;
using PlatformLocal.Deployment.Manifests;

namespace PlatformLocal.Deployment.Tests.Manifests;

public sealed class SubstitutionTests
{
    private static readonly Dictionary<string, string> s_variables = new() { ["NAME"] = "shop", ["EMPTY"] = "" };

    [Theory]
    [InlineData("${NAME}", "shop")]
    [InlineData("a-${NAME}-b ${NAME}", "a-shop-b shop")]
    [InlineData("${OTHER:=x}", "x")]
    [InlineData("${NAME:=x}", "shop")]
    [InlineData("${EMPTY:=x}", "x")]
    [InlineData("${OTHER:-y}", "y")]
    [InlineData("${OTHER:=${NAME}}", "shop")]
    [InlineData("${OTHER:=a ${EMPTY:-${NAME}} b}", "a shop b")]
    [InlineData("${OTHER:=a ${UNKNOWN} b}c", "a ${UNKNOWN} bc")]
    [InlineData("${OTHER:=$${NAME}}", "${NAME}")]
    [InlineData("${NAME:=${NAME:=${OTHER:=x}}}y", "shopy")]
    [InlineData("$${NAME}", "${NAME}")]
    [InlineData("a $${NAME} ${NAME}", "a ${NAME} shop")]
    [InlineData("$NAME $(NAME) {NAME}", "$NAME $(NAME) {NAME}")]
    public void Variables_are_filled_in_as_Flux_does(string text, string expected) =>
        new Substitution(s_variables).Apply(text).Should().Be(expected);

    [Theory]
    [InlineData("${MC} mb myminio/bucket")]
    [InlineData("index=${HOSTNAME##*-}")]
    [InlineData("rootLogger.level = ${env:LOG_LEVEL:-INFO}")]
    [InlineData("replacement: ${1}")]
    [InlineData("${1:-x} ${@} ${#list[@]} ${!ref} ${} ${ } ${-}")]
    [InlineData("${OTHER//a/b} ${OTHER:0:3} ${OTHER:+x} ${OTHER:?no} ${OTHER%%.*} ${OTHER^^} ${other.name}")]
    [InlineData("${OTHER")]
    [InlineData("a { b } ${ { } $ } $")]
    [InlineData("$$ $1 $(NAME) \\${OTHER}")]
    [InlineData("{{ $labels.instance }} {{ printf \"${OTHER}\" }}")]
    public void What_is_no_variable_stays_as_it_is_written(string text) =>
        new Substitution(s_variables).Apply(text).Should().Be(text);

    [Theory]
    [InlineData("${OTHER##${NAME}-}", "${OTHER##shop-}")]
    [InlineData("${OTHER ${NAME}", "${OTHER shop")]
    [InlineData("$${OTHER##*-} $${NAME", "${OTHER##*-} ${NAME")]
    public void Variables_within_what_stays_are_filled_in(string text, string expected) =>
        new Substitution(s_variables).Apply(text).Should().Be(expected);

    [Theory]
    [InlineData("a\n${NAME", "no closing brace", 2)]
    [InlineData("${NAME:0:3}", "not supported", 0)]
    [InlineData("${OTHER:=x} ${NAME//a/b}", "not supported", 12)]
    [InlineData("${NAME:+x}", "not supported", 0)]
    public void A_variable_in_a_form_that_is_not_supported_is_refused_with_its_place_and_the_ways_out(
        string text,
        string told,
        int offset
    )
    {
        var act = () => new Substitution(s_variables).Apply(text);

        var refused = act.Should().Throw<YamlScalarException>().Which;
        refused
            .Message.Should()
            .Contain(told)
            .And.Contain("$${…}")
            .And.Contain("kustomize.toolkit.fluxcd.io/substitute: disabled")
            .And.Contain("spec.substitute: disabled");
        refused.Offset.Should().Be(offset);
    }

    [Fact]
    public void Twenty_thousand_nested_defaults_and_openings_cost_no_more_than_their_length()
    {
        const int count = 20_000;
        var nested = string.Concat(Enumerable.Repeat("${A:=", count)) + "x" + new string('}', count);
        var open = string.Concat(Enumerable.Repeat("${A:=", count));
        var began = TimeProvider.System.GetTimestamp();
        var allocated = GC.GetAllocatedBytesForCurrentThread();

        new Substitution(s_variables).Apply(nested).Should().Be("x");
        new Substitution(s_variables).Apply(open).Should().Be(open);

        (GC.GetAllocatedBytesForCurrentThread() - allocated).Should().BeLessThan(32 * 1024 * 1024);
        TimeProvider.System.GetElapsedTime(began).Should().BeLessThan(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Values_cannot_make_a_text_grow_without_bound()
    {
        var substitution = new Substitution(new Dictionary<string, string> { ["BIG"] = new string('x', 1024 * 1024) });
        var text = string.Concat(Enumerable.Repeat("${BIG}", 17));

        var act = () => substitution.Apply(text);

        act.Should().Throw<YamlScalarException>().WithMessage("*larger than 16 MiB*");
    }

    [Fact]
    public void What_nothing_sets_is_remembered()
    {
        var substitution = new Substitution(s_variables);

        substitution.Apply("${ONE} ${TWO:=2} ${NAME} ${EMPTY}");

        substitution.Unset.Should().Equal("ONE");
    }
}
