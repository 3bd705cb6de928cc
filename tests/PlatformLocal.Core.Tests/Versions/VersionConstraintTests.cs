using PlatformLocal.Core.Versions;

namespace PlatformLocal.Core.Tests.Versions;

public sealed class VersionConstraintTests
{
    [Theory]
    [InlineData("1.2.3", "1.2.3", true)]
    [InlineData("v1.2.3", "1.2.3.0", true)]
    [InlineData("1.2", "1.2.0.0", true)]
    [InlineData("=1.2.3", "1.2.4", false)]
    [InlineData("*", "9.9.9.9", true)]
    [InlineData("latest", "0.0.1", true)]
    [InlineData("1.x.x.x", "1.9.9.9", true)]
    [InlineData("1.x.x.x", "2.0.0.0", false)]
    [InlineData("1.2.*", "1.2.7", true)]
    [InlineData("1.2.*", "1.3.0", false)]
    [InlineData("^1.0.0.0", "1.99.0.0", true)]
    [InlineData("^1.0.0.0", "2.0.0.0", false)]
    [InlineData("^1.2.3", "1.2.2", false)]
    [InlineData("^0.2.3", "0.2.9", true)]
    [InlineData("^0.2.3", "0.3.0", false)]
    [InlineData("^0.0.3", "0.0.4", false)]
    [InlineData("^0", "0.9.0", true)]
    [InlineData("^0", "1.0.0", false)]
    [InlineData("~1.2.3", "1.2.9", true)]
    [InlineData("~1.2.3", "1.3.0", false)]
    [InlineData("~1", "1.9.0", true)]
    [InlineData(">=1.2.0, <2.0.0", "1.2.0", true)]
    [InlineData(">=1.2.0 <2.0.0", "2.0.0", false)]
    [InlineData(">= 1.2.0,< 2.0.0", "1.5.0", true)]
    [InlineData(">1.2.0", "1.2.0", false)]
    [InlineData("<=1.2.0", "1.2.0", true)]
    [InlineData("1.0.0 || ^2.1", "2.5.0", true)]
    [InlineData("1.0.0 || ^2.1", "2.0.0", false)]
    public void A_constraint_accepts_what_its_form_says(string constraint, string version, bool accepted) =>
        VersionConstraint.Parse(constraint).Accepts(PlatformVersion.Parse(version)).Should().Be(accepted);

    [Theory]
    [InlineData("*", "1.0.0-rc.1", false)]
    [InlineData("^1.0.0", "1.5.0-dev.1", false)]
    [InlineData("<2.0.0", "2.0.0-rc.1", false)]
    [InlineData("^1.0.0", "2.0.0-rc.1", false)]
    [InlineData("1.5.0-dev.1", "1.5.0-dev.1", true)]
    [InlineData(">=1.5.0-dev.1", "1.5.0-dev.2", true)]
    [InlineData(">=1.5.0-dev.1", "1.6.0-dev.2", false)]
    [InlineData(">=1.0.0-A", "1.0.0-Beta", true)]
    [InlineData("<2.0.0-rc.2", "2.0.0-rc.1", true)]
    public void A_prerelease_matches_only_when_it_is_named(string constraint, string version, bool accepted) =>
        VersionConstraint.Parse(constraint).Accepts(PlatformVersion.Parse(version)).Should().Be(accepted);

    /// <summary>As Helm's and Flux's library has it: https://github.com/Masterminds/semver#working-with-prerelease-versions</summary>
    [Theory]
    [InlineData(">=1.5.0-0", "1.5.0-0", true)]
    [InlineData(">=1.5.0-0", "1.5.0-rc.1", true)]
    [InlineData(">=1.5.0-0", "1.6.0-dev.1", true)]
    [InlineData(">=1.5.0-0", "1.5.0", true)]
    [InlineData(">=1.5.0-0", "1.4.9-rc.1", false)]
    [InlineData(">=1.0.0-0, <2.0.0-0", "1.9.0-rc.1", true)]
    [InlineData(">=1.0.0-0, <2.0.0-0", "2.0.0-rc.1", false)]
    [InlineData("^1.2.0-0", "1.9.0-rc.1", true)]
    [InlineData("^1.2.0-0", "2.0.0-rc.1", false)]
    [InlineData("~1.2.0-0", "1.2.7-rc.1", true)]
    [InlineData("1.x-0", "1.2.0-rc.1", true)]
    [InlineData("1.x.x-0", "2.0.0-rc.1", false)]
    [InlineData("*-0", "0.1.0-dev.1", true)]
    [InlineData(">0.0.0-0", "0.1.0-dev.1", true)]
    [InlineData("1.5.0-0", "1.5.0-rc.1", false)]
    [InlineData(">=1.0.0-0 || 3.0.0", "2.0.0-rc.1", true)]
    public void The_lowest_prerelease_lets_every_prerelease_within_the_bounds_in(
        string constraint,
        string version,
        bool accepted
    ) => VersionConstraint.Parse(constraint).Accepts(PlatformVersion.Parse(version)).Should().Be(accepted);

    [Theory]
    [InlineData("1.0.0", "1.0.0+20240201", true)]
    [InlineData("1.0.0+20240201", "1.0.0+20240201", true)]
    [InlineData("1.0+20240201", "v1.0.0+20240201", true)]
    [InlineData("1.0.0+20240201", "1.0.0+20240101", false)]
    [InlineData("1.0.0+20240201", "1.0.0", false)]
    [InlineData("<=1.0.0", "1.0.0+20240201", true)]
    [InlineData("<1.0.0", "1.0.0+20240201", false)]
    [InlineData(">1.0.0", "1.0.0+20240201", false)]
    public void A_build_counts_only_where_one_version_is_asked_for_with_it(
        string constraint,
        string version,
        bool accepted
    ) => VersionConstraint.Parse(constraint).Accepts(PlatformVersion.Parse(version)).Should().Be(accepted);

    [Theory]
    [InlineData("*", "1.0.0-rc.1", true)]
    [InlineData("^1.0.0", "1.5.0-dev.1", true)]
    [InlineData("^1.0.0", "2.0.0-dev.1", false)]
    public void With_dev_tags_a_prerelease_within_the_bounds_matches(
        string constraint,
        string version,
        bool accepted
    ) =>
        VersionConstraint
            .Parse(constraint)
            .Accepts(PlatformVersion.Parse(version), withPrereleases: true)
            .Should()
            .Be(accepted);

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("1.2.3 ||", "is empty")]
    [InlineData("abc", "'abc' is not a version")]
    [InlineData(">=", "followed by no version")]
    [InlineData("1.x.3", "only at its end")]
    [InlineData("^1.x", "no operator")]
    [InlineData("1.2.3.4.5", "is not a version")]
    public void What_is_no_constraint_is_refused_with_the_reason(string text, string reason)
    {
        VersionConstraint.TryParse(text, out _, out var fault).Should().BeFalse();
        fault.Should().Contain(reason);
    }

    [Theory]
    [InlineData("1.2.3", "1.2.3")]
    [InlineData("=v1.2.3", "v1.2.3")]
    [InlineData("^1.2.3", null)]
    [InlineData("*", null)]
    [InlineData("1.2.3 || 1.2.4", null)]
    public void Only_one_named_version_is_exact(string constraint, string? exact) =>
        VersionConstraint.Parse(constraint).Exact?.Text.Should().Be(exact);
}
