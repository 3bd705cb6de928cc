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
    [InlineData("${OTHER}", "")]
    [InlineData("$${NAME}", "${NAME}")]
    [InlineData("a $${NAME} ${NAME}", "a ${NAME} shop")]
    [InlineData("$NAME $(NAME) {NAME}", "$NAME $(NAME) {NAME}")]
    public void Variables_are_filled_in_as_Flux_does(string text, string expected) =>
        new Substitution(s_variables).Apply(text).Should().Be(expected);

    [Theory]
    [InlineData("${NAME", "no closing brace")]
    [InlineData("${}", "not supported")]
    [InlineData("${NAME:0:3}", "not supported")]
    [InlineData("${NAME//a/b}", "not supported")]
    public void Other_forms_are_refused(string text, string told)
    {
        var act = () => new Substitution(s_variables).Apply(text);

        act.Should().Throw<FormatException>().WithMessage($"*{told}*");
    }

    [Fact]
    public void What_nothing_sets_is_remembered()
    {
        var substitution = new Substitution(s_variables);

        substitution.Apply("${ONE} ${TWO:=2} ${NAME} ${EMPTY}");

        substitution.Unset.Should().Equal("ONE");
    }
}
