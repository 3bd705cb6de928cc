using System.Text.Json.Nodes;
using PlatformLocal.Core.Documents;
using PlatformLocal.Core.Environments;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Platform.PlatformServices;
using PlatformLocal.Platform.PlatformServices.Selection;

namespace PlatformLocal.Platform.Tests.PlatformServices;

public sealed class PlatformServiceSelectionTests
{
    [Fact]
    public void A_workspace_can_say_of_each_service_what_the_catalogue_knows_of_it() =>
        PlatformServiceFormat
            .All.Should()
            .BeEquivalentTo(
                PlatformServiceCatalogue.All.Select(s => new PlatformServiceFormat(
                    s.Name,
                    s.NeedsFlux,
                    s.ManifestsAt is not null,
                    PlatformServiceCatalogue.ObjectStores.Contains(s.Name)
                ))
            );

    [Fact]
    public void The_default_brings_what_its_services_depend_on()
    {
        var choice = Choose("default");

        NamesOf(choice).Should().Equal("minio", "elasticsearch", "postgres", "redis", "infisical", "qdrant");
        choice.NeedsFlux.Should().BeTrue();
        choice.LeftOut.Should().BeEmpty();
    }

    [Fact]
    public void Nothing_can_be_chosen()
    {
        var choice = Choose("none");

        choice.Services.Should().BeEmpty();
        choice.NeedsFlux.Should().BeFalse();
    }

    [Fact]
    public void Names_are_taken_as_they_stand_whatever_the_workspace_turns_on() =>
        NamesOf(Choose("qdrant, minio", settings: Changes("kong", new PlatformServiceChange { Enabled = true })))
            .Should()
            .Equal("minio", "qdrant");

    [Fact]
    public void All_unknown_names_are_told_with_the_nearest_ones()
    {
        var choose = () => Choose("minoi,quadrant,something-else");

        choose
            .Should()
            .Throw<InvalidDocumentException>()
            .Which.Faults.Select(f => f.Message)
            .Should()
            .SatisfyRespectively(
                f => f.Should().Be("'minoi' is no platform service; did you mean minio?"),
                f => f.Should().Be("'quadrant' is no platform service; did you mean qdrant?"),
                f => f.Should().StartWith("'something-else' is no platform service; there are: cert-manager, gateway")
            );
    }

    [Fact]
    public void Two_object_stores_are_refused() =>
        FluentActions
            .Invoking(() => Choose("minio,rustfs"))
            .Should()
            .Throw<InvalidDocumentException>()
            .WithMessage("*minio and rustfs exclude each other*");

    [Theory]
    [InlineData("rustfs", "rustfs")]
    [InlineData("minio", "minio")]
    [InlineData("none", null)]
    public void The_workspace_chooses_the_object_store_of_the_default(string store, string? expected) =>
        Choose("default", settings: new PlatformServiceSettings { ObjectStore = store })
            .ObjectStore?.Service.Name.Should()
            .Be(expected);

    [Fact]
    public void The_workspace_turns_services_of_the_default_off_and_on()
    {
        var settings = new PlatformServiceSettings
        {
            Changes = new Dictionary<string, PlatformServiceChange>
            {
                ["elasticsearch"] = new() { Enabled = false },
                ["kong"] = new() { Enabled = true },
            },
        };

        NamesOf(Choose("default", settings: settings)).Should().Contain("kong").And.NotContain("elasticsearch");
    }

    [Fact]
    public void Direct_delivery_leaves_the_charts_of_the_default_out_and_says_why()
    {
        var choice = Choose("default", DeliveryKinds.Direct);

        choice.Services.Should().BeEmpty();
        choice.LeftOut.Select(s => s.Name).Should().Equal(PlatformServiceCatalogue.Profiles[ServiceProfiles.Small]);
        choice.LeftOut.Should().OnlyContain(s => s.Reason.Contains("is a Helm chart"));
    }

    [Fact]
    public void Direct_delivery_refuses_charts_that_are_named()
    {
        var choose = () => Choose("postgres,opal,minio", DeliveryKinds.Direct);

        choose
            .Should()
            .Throw<InvalidDocumentException>()
            .Which.Faults.Select(f => f.Message)
            .Should()
            .Equal(
                "opal is a Helm chart, which --delivery direct cannot install",
                "minio is a Helm chart, which --delivery direct cannot install"
            );
    }

    [Fact]
    public void Direct_delivery_takes_what_has_manifests_of_its_own()
    {
        var choice = Choose("postgres,redis,cedar-agent", DeliveryKinds.Direct);

        NamesOf(choice).Should().Equal("postgres", "redis", "cedar-agent");
        choice.NeedsFlux.Should().BeFalse();
    }

    [Fact]
    public void A_value_that_only_the_user_can_know_is_required()
    {
        var choose = () => Choose("opal");
        var values = (JsonObject)JsonNode.Parse("""{"server":{"policyRepoUrl":"https://git.example/policies"}}""")!;

        choose
            .Should()
            .Throw<InvalidDocumentException>()
            .WithMessage("*spec.platformServices.opal.values.server.policyRepoUrl: is required by opal*");
        NamesOf(Choose("opal", settings: Changes("opal", new PlatformServiceChange { Values = values })))
            .Should()
            .Equal("cedar-agent", "opal");
    }

    [Fact]
    public void Values_of_the_workspace_are_merged_over_the_service_s_own()
    {
        var values = (JsonObject)
            JsonNode.Parse("""{"persistence":{"size":"1Gi","storageClass":"fast"},"users":[{"accessKey":"a"}]}""")!;
        var chosen = Choose("minio", settings: Changes("minio", new PlatformServiceChange { Values = values }))
            .Services.Single();

        var merged = chosen.Values();

        merged["mode"]!.GetValue<string>().Should().Be("standalone");
        merged["persistence"]!.ToJsonString().Should().Be("""{"size":"1Gi","storageClass":"fast"}""");
        merged["users"]!.AsArray().Should().HaveCount(1);
        values["persistence"]!.ToJsonString().Should().Be("""{"size":"1Gi","storageClass":"fast"}""");
    }

    [Fact]
    public void Every_service_comes_after_those_it_depends_on()
    {
        var names = PlatformServiceCatalogue.Names.ToList();

        PlatformServiceCatalogue
            .All.SelectMany(s => s.DependsOn.Select(d => (Service: s.Name, Before: d)))
            .Should()
            .NotBeEmpty()
            .And.OnlyContain(d => names.Contains(d.Before) && names.IndexOf(d.Before) < names.IndexOf(d.Service));
    }

    [Fact]
    public void No_two_releases_have_one_name() =>
        PlatformServiceCatalogue.All.SelectMany(s => s.Charts).Select(c => c.Release).Should().OnlyHaveUniqueItems();

    private static PlatformServiceSelection Choose(
        string wish,
        string delivery = DeliveryKinds.Flux,
        PlatformServiceSettings? settings = null
    ) => PlatformServiceSelection.Of(wish, delivery, settings ?? new PlatformServiceSettings());

    private static PlatformServiceSettings Changes(string name, PlatformServiceChange change) =>
        new() { Changes = new Dictionary<string, PlatformServiceChange> { [name] = change } };

    private static IEnumerable<string> NamesOf(PlatformServiceSelection choice) =>
        choice.Services.Select(s => s.Service.Name);
}
