using FsCheck;
using FsCheck.Fluent;
using PlatformLocal.Core.Versions;
using Semver;

namespace PlatformLocal.Core.Tests.Versions;

public sealed class PlatformVersionTests
{
    [Theory]
    [InlineData("1.2", "1.2.0.0")]
    [InlineData("v1.2.3", "1.2.3")]
    [InlineData("1.0.0+build.7", "1.0.0")]
    public void Versions_are_equal_in_order_whatever_their_build_and_writing_and_yet_not_the_same(
        string one,
        string other
    )
    {
        var (first, second) = (PlatformVersion.Parse(one), PlatformVersion.Parse(other));

        first.EqualsInOrder(second).Should().BeTrue();
        first.Should().NotBe(second);
    }

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
            "1.20240201123000.0",
            "2.0.0+build",
        ];

        ascending.Select(PlatformVersion.Parse).Should().BeInAscendingOrder();
    }

    /// <summary>The chains that https://semver.org/spec/v2.0.0.html gives, and pairs that npm's and Helm's libraries are tested with.</summary>
    [Theory]
    [InlineData("1.0.0 2.0.0 2.1.0 2.1.1")]
    [InlineData("1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0")]
    [InlineData("1.0.0-0 1.0.0-1 1.0.0-10 1.0.0-A 1.0.0-Beta 1.0.0-a 1.0.0-alpha")]
    [InlineData("0.0.0-foo 0.0.0 0.0.1 0.9.0 0.10.0 0.99.0 1.2.3-4 1.2.3-5 1.2.3-4-foo 1.2.3-5-Foo 1.2.3-5-foo 1.2.3")]
    [InlineData("1.2.3-a.5 1.2.3-a.10 1.2.3-a.100 1.2.3-a.b 1.2.3-a.b.c 1.2.3-r100 1.2.3-r2 2.0.0 2.7.2+asdf 3.0.0")]
    [InlineData("1.1.0-dev.9999999999 1.1.0-dev.10000000000 1.1.0-dev.20240201123000123456789 1.1.0-dev.x")]
    [InlineData("1.0.0-- 1.0.0--- 1.0.0--0 1.0.0")]
    public void Published_chains_are_ascending(string chain)
    {
        var versions = chain.Split(' ').Select(PlatformVersion.Parse).ToList();

        versions
            .Zip(versions.Skip(1))
            .Should()
            .OnlyContain(p => p.First.ComparePrecedence(p.Second) < 0 && p.First < p.Second);
    }

    [Fact]
    public void Any_two_versions_of_SemVer_are_ordered_as_another_implementation_orders_them()
    {
        var number = Gen.Elements("0", "1", "2", "10", "999999999", "2147483648", "9999999999", "20240201123000");
        var identifier = Gen.OneOf(
            number,
            Gen.Elements("a", "A", "b", "alpha", "Beta", "rc", "-", "--1", "1a", "0a", "a-1", "r2", "r100", "00a")
        );
        var release =
            from count in Gen.Choose(0, 3)
            from identifiers in identifier.ArrayOf(count)
            select count == 0 ? "" : "-" + string.Join('.', identifiers);
        var build = Gen.Elements("", "+1", "+01", "+20240101", "+sha.0a1b", "+A", "+a");
        var part = Gen.Elements("0", "1", "2", "10", "2147483647", "99999999999");
        var versions =
            from parts in part.ArrayOf(3)
            from r in release
            from b in build
            select string.Join('.', parts) + r + b;
        // Alike but for their ends more often than not.
        var pairs =
            from one in versions
            from other in Gen.OneOf(versions, release.Select(r => one.Split('-', '+')[0] + r))
            select (one, other);

        Prop.ForAll(
                pairs.ToArbitrary(),
                p =>
                {
                    var (ours, others) = (PlatformVersion.Parse(p.one), PlatformVersion.Parse(p.other));
                    var expected = SemVersion.ComparePrecedence(SemVersion.Parse(p.one), SemVersion.Parse(p.other));
                    return Math.Sign(ours.ComparePrecedence(others)) == Math.Sign(expected)
                        && (expected == 0 || Math.Sign(ours.CompareTo(others)) == Math.Sign(expected))
                        && ours.EqualsInOrder(others) == (expected == 0);
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(20_000).WithReplay(new Replay(new Rnd(23, 7), null)));
    }

    [Fact]
    public void Any_text_that_SemVer_refuses_or_accepts_is_refused_or_accepted()
    {
        var texts =
            from length in Gen.Choose(1, 12)
            from letters in Gen.Elements("0", "1", ".", "-", "+", "a", "Z", "_", " ", "é", "00").ArrayOf(length)
            select "1.2." + string.Concat(letters);

        Prop.ForAll(
                texts.ToArbitrary(),
                text =>
                    // A fourth number and leading zeros are more than SemVer has.
                    SemVersion.TryParse(text, SemVersionStyles.AllowLeadingZeros, out _)
                    == (PlatformVersion.TryParse(text, out _) && text.Split('-', '+')[0].Split('.').Length == 3)
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(20_000).WithReplay(new Replay(new Rnd(24, 7), null)));
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
    [InlineData("99999999999999999999.0")]
    [InlineData("1.0.0-")]
    [InlineData("1.0.0-a..b")]
    [InlineData("1.0.0+")]
    [InlineData("1.0.0+a_b")]
    [InlineData("1.0.0+a+b")]
    [InlineData("١.0")]
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
                    && version.Parts.SequenceEqual([.. v.Parts.Select(p => (ulong)p), .. new ulong[4 - v.Parts.Length]])
                    && (
                        !version.IsPrerelease
                        || PlatformVersion.Of(version.Parts, version.Release.ToString()).EqualsInOrder(version)
                    )
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
            from build in Gen.Elements("", "+1", "+a")
            select PlatformVersion.Parse(string.Join('.', parts) + release + build);
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
