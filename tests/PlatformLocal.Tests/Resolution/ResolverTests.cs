using PlatformLocal.Resolution;
using PlatformLocal.Versions;

namespace PlatformLocal.Tests.Resolution;

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

        act.Should()
            .Throw<PlatformException>()
            .WithMessage(
                "*auth*'1.9.0', which the claim asks for*'>=2.0.0', which api 1.0.0 needs*available: 2.0.0, 1.9.0*"
            )
            .Which.Kind.Should()
            .Be(FailureKind.InvalidInput);
    }

    [Fact]
    public void A_constraint_that_nothing_satisfies_is_named_with_what_there_is()
    {
        var act = () => Resolve(Catalogue(("auth", "1.0.0", "")), "auth ^3.0");

        act.Should().Throw<PlatformException>().WithMessage("*'^3.0'*the claim asks for*available: 1.0.0*");
    }

    [Fact]
    public void An_unknown_service_names_the_nearest_known_ones()
    {
        var act = () => Resolve(Catalogue(("user-service", "1.0.0", "")), "usr-service *");

        act.Should().Throw<PlatformException>().Which.NextStep.Should().Be("Did you mean user-service?");
    }

    [Fact]
    public void A_circle_is_reported_as_a_path()
    {
        var catalogue = Catalogue(("a", "1.0.0", "b *"), ("b", "1.0.0", "c *"), ("c", "1.0.0", "a *"));

        var act = () => Resolve(catalogue, "a *");

        act.Should().Throw<PlatformException>().WithMessage("*a → b → c → a*");
    }

    [Fact]
    public void A_service_that_depends_on_itself_is_a_circle()
    {
        var act = () => Resolve(Catalogue(("a", "1.0.0", "a *")), "a *");

        act.Should().Throw<PlatformException>().WithMessage("*a → a*");
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
                    DevVersions = [PlatformVersion.Parse("1.1.0-dev.2"), PlatformVersion.Parse("1.1.0-dev.10")],
                },
            }
        );

        Resolver
            .Resolve(catalogue, Constraints("auth *"), useDevTags: true)
            .Services[0]
            .Version.Text.Should()
            .Be("1.1.0-dev.10");
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
                DependsOn = dependsOn.Length == 0 ? Constraints() : Constraints(dependsOn),
            },
            Versions = [.. versions.Split(' ').Select(PlatformVersion.Parse)],
        };

    private static Dictionary<string, VersionConstraint> Constraints(params string[] texts) =>
        texts.ToDictionary(t => t.Split(' ', 2)[0], t => VersionConstraint.Parse(t.Split(' ', 2)[1]));
}
