using FsCheck;
using FsCheck.Fluent;
using PlatformLocal.Core.Versions;

namespace PlatformLocal.Core.Tests.Versions;

public sealed class PlatformVersionTests
{
    [Theory]
    [InlineData("1.2", "1.2.0.0")]
    [InlineData("v1.2.3", "1.2.3")]
    [InlineData("1.0.0+build.7", "1.0.0")]
    public void Missing_parts_are_zero_and_builds_do_not_count(string one, string other) =>
        PlatformVersion.Parse(one).Should().Be(PlatformVersion.Parse(other));

    [Fact]
    public void Versions_are_ordered_as_SemVer_orders_them()
    {
        string[] ascending =
        [
            "0.9",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-rc.2",
            "1.0.0-rc.11",
            "1.0",
            "1.0.0.1",
            "1.10.0",
        ];

        ascending.Select(PlatformVersion.Parse).Should().BeInAscendingOrder();
    }

    [Theory]
    [InlineData("")]
    [InlineData("v")]
    [InlineData("latest")]
    [InlineData(" 1.0")]
    [InlineData("1.0 ")]
    [InlineData("1..0")]
    [InlineData("1.0.0.0.0")]
    [InlineData("-1.0")]
    [InlineData("99999999999.0")]
    public void What_is_no_version_is_refused(string text) => PlatformVersion.TryParse(text, out _).Should().BeFalse();

    [Fact]
    public void A_version_is_read_again_from_its_text_and_from_its_numbers()
    {
        var versions =
            from prefix in Gen.Elements("", "v")
            from count in Gen.Choose(1, 4)
            from parts in Gen.Choose(0, 2000).ArrayOf(count)
            from release in Gen.Elements("", "-dev.3", "-rc.1", "-a-b")
            from build in Gen.Elements("", "+7", "+sha.0a1b")
            select (Text: prefix + string.Join('.', parts) + release + build, Parts: parts);

        Prop.ForAll(
                versions.ToArbitrary(),
                v =>
                    PlatformVersion.Parse(v.Text) is var version
                    && version.Text == v.Text
                    && version.ToString() == v.Text
                    && version.Parts.SequenceEqual([.. v.Parts, .. new int[4 - v.Parts.Length]])
                    && PlatformVersion.Of(version.Parts, version.Release) == version
                    && VersionConstraint.Parse(v.Text).Exact == version
                    && VersionConstraint.Parse($">={v.Text}").Accepts(version)
                    && !VersionConstraint.Parse($"<{v.Text}").Accepts(version)
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(10_000).WithReplay(new Replay(new Rnd(21, 7), null)));
    }

    [Fact]
    public void Ordering_is_total_and_agrees_with_equality_for_any_versions()
    {
        var part = Gen.Choose(0, 3);
        var versions =
            from parts in part.ArrayOf(4)
            from release in Gen.Elements("", "-a", "-a.1", "-a.10", "-b")
            select PlatformVersion.Parse(string.Join('.', parts) + release);
        var law = from a in versions from b in versions from c in versions select (a, b, c);

        Prop.ForAll(
                law.ToArbitrary(),
                t =>
                    Math.Sign(t.a.CompareTo(t.b)) == -Math.Sign(t.b.CompareTo(t.a))
                    && (t.a.CompareTo(t.b) == 0) == (t.a.Equals(t.b) && t.a.GetHashCode() == t.b.GetHashCode())
                    && !(t.a <= t.b && t.b <= t.c && t.a > t.c)
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(10_000).WithReplay(new Replay(new Rnd(22, 7), null)));
    }
}
