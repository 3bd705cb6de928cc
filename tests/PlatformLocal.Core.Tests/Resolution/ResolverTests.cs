using PlatformLocal.Core.Resolution;
using PlatformLocal.Core.Versions;

namespace PlatformLocal.Core.Tests.Resolution;

public sealed class ResolverTests
{
    [Fact]
    public void Dependencies_come_along_before_what_needs_them()
    {
        var catalogue = Catalogue(
            ("api", "1.0.0", "users ^1.0"),
            ("users", "1.0.0 1.2.0", "auth *"),
            ("auth", "2.0.0", "")
        );

        Resolve(catalogue, "api *").Should().Equal("auth 2.0.0", "users 1.2.0", "api 1.0.0");
    }

    [Fact]
    public void The_newest_version_that_all_accept_is_chosen()
    {
        var catalogue = Catalogue(("api", "1.0.0", "auth <2.0.0"), ("auth", "1.0.0 1.9.0 2.0.0", ""));

        Resolve(catalogue, "api *", "auth >=1.0.0").Should().Contain("auth 1.9.0");
    }

    [Fact]
    public void An_older_version_is_taken_where_the_newest_leads_into_a_conflict()
    {
        var catalogue = new Catalogue(
            new Dictionary<string, CatalogueService>
            {
                ["api"] = Service("api", "1.0.0 2.0.0", "auth ^2.0") with
                {
                    DependsOnByVersion = new Dictionary<PlatformVersion, IReadOnlyDictionary<string, VersionConstraint>>
                    {
                        [PlatformVersion.Parse("1.0.0")] = Constraints("auth ^1.0"),
                    },
                },
                ["auth"] = Service("auth", "1.5.0 2.5.0", ""),
            }
        );

        Resolve(catalogue, "api *", "auth 1.5.0").Should().Equal("auth 1.5.0", "api 1.0.0");
    }

    [Fact]
    public void A_reason_names_who_asked_and_what_excluded_the_newer_one()
    {
        var catalogue = Catalogue(("api", "1.0.0", "auth <2.0.0"), ("auth", "1.9.0 2.0.0", ""));

        var auth = Resolver.Resolve(catalogue, Constraints("api *"), false).Services[0];

        auth.Reason.Should()
            .Be(
                "newest that '<2.0.0', which api 1.0.0 needs, accepts; 2.0.0 is excluded by '<2.0.0', which api 1.0.0 needs"
            );
    }

    [Fact]
    public void Two_constraints_that_exclude_each_other_are_named_with_their_origin()
    {
        var catalogue = Catalogue(("api", "1.0.0", "auth >=2.0.0"), ("auth", "1.9.0 2.0.0", ""));

        var act = () => Resolve(catalogue, "api *", "auth 1.9.0");

        var failure = act.Should().Throw<PlatformException>().Which;
        failure
            .Message.Should()
            .Be(
                "Because the claim asks for auth '1.9.0' and api 1.0.0 needs auth '>=2.0.0', api 1.0.0 cannot be used. "
                    + "And because the claim asks for api '*', the claim cannot be met."
            );
        failure.NextStep.Should().Be("Change what the claim asks of api or auth.");
        failure.Kind.Should().Be(FailureKind.InvalidInput);
    }

    [Fact]
    public void A_constraint_that_nothing_satisfies_is_named_with_what_there_is()
    {
        var act = () => Resolve(Catalogue(("auth", "1.0.0", "")), "auth ^3.0");

        act.Should()
            .Throw<PlatformException>()
            .WithMessage("The claim asks for auth '^3.0', which no version satisfies (available: 1.0.0).");
    }

    [Fact]
    public void An_unknown_service_names_the_nearest_known_ones()
    {
        var act = () => Resolve(Catalogue(("user-service", "1.0.0", "")), "usr-service *");

        act.Should().Throw<PlatformException>().Which.NextStep.Should().Be("Did you mean user-service?");
    }

    [Fact]
    public void A_service_that_is_named_by_its_folder_is_told_by_its_name()
    {
        var service = Service("gateway", "1.0.0", "");
        var catalogue = new Catalogue(
            new Dictionary<string, CatalogueService>
            {
                ["gateway"] = service with
                {
                    Definition = service.Definition with { Folder = "/workspace/services/edge" },
                },
            }
        );

        var act = () => Resolve(catalogue, "edge *");

        act.Should()
            .Throw<PlatformException>()
            .Which.NextStep.Should()
            .StartWith("The folder edge has the service 'gateway': ask for it by this name");
    }

    [Fact]
    public void A_service_without_versions_is_told_where_they_are_listed()
    {
        var auth = Service("auth", "1.0.0", "") with { Versions = [] };
        var catalogue = new Catalogue(new Dictionary<string, CatalogueService> { ["auth"] = auth });

        var act = () => Resolve(catalogue, "auth *");

        act.Should()
            .Throw<PlatformException>()
            .WithMessage("*it has no versions in the catalogue*")
            .Which.NextStep.Should()
            .StartWith("List versions of auth in the catalogue");
    }

    [Fact]
    public void What_the_claim_does_not_ask_for_itself_is_not_said_to_be_its_wish()
    {
        var catalogue = Catalogue(("api", "1.0.0", ""), ("auth", "1.0.0", ""));
        var options = new ResolutionOptions
        {
            AskedBy = new Dictionary<string, string> { ["api"] = "the defaults of dev ask for" },
        };

        var resolved = Resolver.Resolve(catalogue, Constraints("api *", "auth *"), options);
        var failing = () => Resolver.Resolve(catalogue, Constraints("api ^3.0"), options);

        resolved
            .Services.Select(s => s.Reason)
            .Should()
            .Equal(
                "newest that '*', which the defaults of dev ask for, accepts",
                "newest that '*', which the claim asks for, accepts"
            );
        failing.Should().Throw<PlatformException>().WithMessage("The defaults of dev ask for api '^3.0', which no*");
    }

    [Fact]
    public void A_circle_of_dependencies_is_resolved_and_reported_as_a_path()
    {
        var catalogue = Catalogue(("a", "1.0.0", "b *"), ("b", "1.0.0", "c *"), ("c", "1.0.0", "a *"));

        var resolved = Resolver.Resolve(catalogue, Constraints("a *"), useDevTags: false);

        resolved.Services.Should().HaveCount(3);
        resolved.Circles.Should().ContainSingle().Which.Should().Equal("a", "b", "c", "a");
    }

    [Fact]
    public void A_service_may_need_itself_as_it_is_and_not_otherwise()
    {
        var itself = Resolver.Resolve(Catalogue(("a", "1.0.0", "a ^1.0")), Constraints("a *"), useDevTags: false);
        var another = () => Resolve(Catalogue(("a", "1.0.0", "a ^2.0")), "a *");

        itself.Circles.Should().ContainSingle().Which.Should().Equal("a", "a");
        another.Should().Throw<PlatformException>().WithMessage("*a 1.0.0 needs itself as '^2.0', which it is not*");
    }

    [Fact]
    public void A_dependency_that_is_not_in_the_catalogue_excludes_only_the_versions_that_need_it()
    {
        var api = Service("api", "1.0.0 2.0.0", "gone *") with
        {
            DependsOnByVersion = new Dictionary<PlatformVersion, IReadOnlyDictionary<string, VersionConstraint>>
            {
                [PlatformVersion.Parse("1.0.0")] = Constraints(),
            },
        };
        var catalogue = new Catalogue(new Dictionary<string, CatalogueService> { ["api"] = api });

        Resolve(catalogue, "api *").Should().Equal("api 1.0.0");
        var act = () => Resolve(catalogue, "api ^2.0");
        act.Should()
            .Throw<PlatformException>()
            .WithMessage("Because *api 2.0.0 needs the service 'gone', which is not in the catalogue*cannot be met.");
    }

    [Fact]
    public void A_locked_version_stays_although_there_is_a_newer_one_and_says_so()
    {
        var catalogue = Catalogue(("api", "1.0.0 1.1.0", "auth *"), ("auth", "1.9.0 2.0.0", ""));
        var locked = Versions("api 1.0.0", "auth 1.9.0");

        var kept = Resolver.Resolve(catalogue, Constraints("api *"), new ResolutionOptions { Locked = locked });
        var upgraded = Resolver.Resolve(
            catalogue,
            Constraints("api *"),
            new ResolutionOptions { Locked = locked, Upgrade = ["api"] }
        );

        kept.Services.Select(s => s.Version.Text).Should().Equal("1.9.0", "1.0.0");
        kept.Services[0]
            .Reason.Should()
            .Be("kept from the lock, and '*', which api 1.0.0 needs, accepts it; 2.0.0 is newer: an upgrade takes it");
        upgraded.Services.Select(s => s.Version.Text).Should().Equal("1.9.0", "1.1.0");
    }

    [Fact]
    public void Ten_thousand_versions_of_one_service_are_no_burden()
    {
        var versions = string.Join(' ', Enumerable.Range(0, 10_000).Select(i => $"1.{i}.0"));
        var catalogue = Catalogue(("api", versions, "auth <1.5000.0"), ("auth", versions, ""));
        var began = TimeProvider.System.GetTimestamp();

        Resolve(catalogue, "api *", "auth *").Should().Equal("auth 1.4999.0", "api 1.9999.0");

        TimeProvider.System.GetElapsedTime(began).Should().BeLessThan(TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData("1.2 1.2.0 v1.2.0.0 1.1", "*", "v1.2.0.0", "1.2 1.2.0")]
    [InlineData("1.2 1.2.0 v1.2.0.0 1.1", "1.2", "1.2", "1.2.0 v1.2.0.0")]
    [InlineData("1.2 1.2.0 v1.2.0.0 1.1", "=1.2.0", "1.2.0", "1.2 v1.2.0.0")]
    [InlineData("1.2 1.2.0 v1.2.0.0 1.1", "v1.2.0", "v1.2.0.0", "1.2 1.2.0")]
    [InlineData("1.2 1.2.0 v1.2.0.0 1.1", "1.1.0", "1.1", "")]
    [InlineData("1.0.0+20240101 1.0.0+20240201 1.0.0", "1.0.0+20240201", "1.0.0+20240201", "1.0.0 1.0.0+20240101")]
    [InlineData("1.0.0+20240101 1.0.0+20240201 1.0.0", "1.0.0+20240101", "1.0.0+20240101", "1.0.0 1.0.0+20240201")]
    [InlineData("1.0.0+20240101 1.0.0+20240201 1.0.0", "1.0.0", "1.0.0", "1.0.0+20240101 1.0.0+20240201")]
    [InlineData("1.0.0+20240101 1.0.0+20240201", "1.0.0", "1.0.0+20240201", "1.0.0+20240101")]
    [InlineData("1.0.0+9 1.0.0+10 1.0.0", ">=1.0.0", "1.0.0+10", "1.0.0 1.0.0+9")]
    [InlineData("1.0.0+20240101 1.0.0+20240201", "v1.0+20240101", "1.0.0+20240101", "1.0.0+20240201")]
    public void The_exact_text_that_is_asked_for_is_chosen_and_versions_that_equal_it_in_order_are_told(
        string versions,
        string asked,
        string chosen,
        string others
    )
    {
        var auth = Resolver
            .Resolve(Catalogue(("auth", versions, "")), Constraints($"auth {asked}"), useDevTags: false)
            .Services[0];

        auth.Version.Text.Should().Be(chosen);
        auth.EqualInOrder.Should().Equal(others.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void A_build_that_is_asked_for_and_not_there_is_not_replaced_by_another_one()
    {
        var catalogue = Catalogue(("auth", "1.0.0+20240101 1.0.0", ""));

        var act = () => Resolve(catalogue, "auth 1.0.0+20240301");

        act.Should().Throw<PlatformException>().WithMessage("*'1.0.0+20240301', which no version satisfies*");
    }

    [Fact]
    public void A_locked_version_is_the_one_of_its_text_among_those_that_equal_it_in_order()
    {
        var catalogue = Catalogue(("auth", "1.0.0+1 1.0.0+2 v1.0.0 1.0.0", ""));

        foreach (var locked in new[] { "1.0.0+1", "1.0.0+2", "v1.0.0", "1.0.0" })
        {
            Resolver
                .Resolve(
                    catalogue,
                    Constraints("auth *"),
                    new ResolutionOptions { Locked = Versions($"auth {locked}") }
                )
                .Services[0]
                .Version.Text.Should()
                .Be(locked);
        }
    }

    [Theory]
    [InlineData("1.4.0 1.5.0-0 1.5.0-rc.1 1.5.0-dev.2", ">=1.5.0-0", "1.5.0-rc.1")]
    [InlineData("1.0.0-Beta 1.0.0-alpha", ">=1.0.0-A", "1.0.0-alpha")]
    [InlineData("1.0.0-dev.10000000000 1.0.0-dev.9999999999", ">=1.0.0-dev.1", "1.0.0-dev.10000000000")]
    [InlineData("1.20240201123000.0 1.9.0", "^1.0.0", "1.20240201123000.0")]
    public void Prereleases_and_build_stamps_are_chosen_by_the_order_of_SemVer(
        string versions,
        string asked,
        string chosen
    ) => Resolve(Catalogue(("auth", versions, "")), $"auth {asked}").Should().Equal($"auth {chosen}");

    [Fact]
    public void A_conflict_deep_in_diamonds_is_told_step_by_step()
    {
        var catalogue = Catalogue(
            ("a", "1.0 1.1", "b ^1.0, c ^1.0"),
            ("b", "1.0 1.1", "d ^1.0"),
            ("c", "1.0 1.1", "d ^2.0"),
            ("d", "1.0 2.0", "")
        );

        var act = () => Resolve(catalogue, "a *");

        act.Should()
            .Throw<PlatformException>()
            .WithMessage(
                "Because every version of * needs d '^?.0' and every version of * needs d '^?.0', "
                    + "every version of * and every version of * exclude each other. "
                    + "*And because *, the claim cannot be met."
            );
    }

    [Fact]
    public void With_dev_tags_the_newest_development_build_comes_first()
    {
        var catalogue = Catalogue(("auth", "1.0.0 2.0.0", ""));
        catalogue = new Catalogue(
            new Dictionary<string, CatalogueService>
            {
                ["auth"] = catalogue.Services["auth"] with
                {
                    DevVersions =
                    [
                        .. new[] { "1.1.0-dev.9999999999", "1.1.0-dev.10000000000" }.Select(PlatformVersion.Parse),
                    ],
                },
            }
        );

        Resolver
            .Resolve(catalogue, Constraints("auth *"), useDevTags: true)
            .Services[0]
            .Version.Text.Should()
            .Be("1.1.0-dev.10000000000");
        Resolver
            .Resolve(catalogue, Constraints("auth *"), useDevTags: false)
            .Services[0]
            .Version.Text.Should()
            .Be("2.0.0");
        Resolver
            .Resolve(catalogue, Constraints("auth ^2"), useDevTags: true)
            .Services[0]
            .Version.Text.Should()
            .Be("2.0.0");
    }

    private static IEnumerable<string> Resolve(Catalogue catalogue, params string[] roots) =>
        Resolver
            .Resolve(catalogue, Constraints([.. roots]), useDevTags: false)
            .Services.Select(s => $"{s.Definition.Name} {s.Version}");

    private static Catalogue Catalogue(params (string Name, string Versions, string DependsOn)[] services) =>
        new(services.ToDictionary(s => s.Name, s => Service(s.Name, s.Versions, s.DependsOn)));

    private static CatalogueService Service(string name, string versions, string dependsOn) =>
        new()
        {
            Definition = new ServiceDefinition
            {
                Name = name,
                Image = name,
                Manifests = ".",
                Folder = "/",
                DependsOn = dependsOn.Length == 0 ? Constraints() : Constraints(dependsOn.Split(", ")),
            },
            Versions = [.. versions.Split(' ').Select(PlatformVersion.Parse)],
        };

    private static Dictionary<string, VersionConstraint> Constraints(params string[] texts) =>
        texts.ToDictionary(t => t.Split(' ', 2)[0], t => VersionConstraint.Parse(t.Split(' ', 2)[1]));

    private static Dictionary<string, PlatformVersion> Versions(params string[] texts) =>
        texts.ToDictionary(t => t.Split(' ')[0], t => PlatformVersion.Parse(t.Split(' ')[1]));
}
