using System.Text.Json.Nodes;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Platform.Diagnostics;
using PlatformLocal.Platform.PlatformServices;
using PlatformLocal.Platform.PlatformServices.Selection;
using PlatformLocal.Platform.State;
using PlatformLocal.Testing;

namespace PlatformLocal.Platform.Tests.PlatformServices;

public sealed class PlatformServiceNeedsTests
{
    private static readonly Workspace s_workspace = WorkspaceReader.Read(Path.Combine(Repository.Root, "examples"));

    [Theory]
    [InlineData("kind", true)]
    [InlineData("existing", false)]
    [InlineData("embedded", false)]
    public void Only_a_platform_on_kind_has_services_that_nobody_asked_for(string cluster, bool hasServices) =>
        PlatformServiceSelection
            .Of(new PlatformSettings(ClusterKind.Parse(cluster), s_workspace.Folder), s_workspace)
            .Services.Any()
            .Should()
            .Be(hasServices);

    [Fact]
    public void The_machine_must_have_what_the_pods_ask_for_and_their_images()
    {
        var needs = Needs("minio", asksForImages: true);

        needs.Cpu.Should().Be(950 + 350 + 50, "Kind, Flux and MinIO ask for it");
        needs
            .LeastMemory.Should()
            .Be(new KindPreflightOptions().LeastMemory, "these pods need no more than any cluster");
        needs.Images.Should().Contain(PlatformServiceCatalogue.Find("minio")!.Images).And.HaveCount(6);
    }

    [Fact]
    public void The_small_profile_fits_two_processors_and_six_gigabytes_with_its_cluster()
    {
        var needs = PlatformServiceNeeds.Of(
            Choose("default"),
            Settings("default") with
            {
                Api = ApiPlaces.InCluster,
            },
            asksForImages: false
        );

        needs.Cpu.Should().BeInRange(1500, 2000);
        needs.LeastMemory.Should().BeInRange(4_000_000_000, 6_000_000_000);
    }

    [Theory]
    [InlineData(ServiceProfiles.Small, "minio,elasticsearch,postgres,redis,infisical,qdrant")]
    [InlineData(
        ServiceProfiles.Full,
        "cert-manager,gateway,minio,elasticsearch,postgres,redis,infisical,qdrant,kong,authentik,monitoring,cedar-agent"
    )]
    public void A_profile_is_what_the_default_choice_means(string profile, string names) =>
        PlatformServiceSelection
            .Of(Settings("default") with { Profile = profile }, s_workspace)
            .Services.Select(s => s.Service.Name)
            .Should()
            .Equal(names.Split(','));

    [Fact]
    public void The_documentation_has_the_sums()
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "platform-services.md"));

        var sums = from wish in new[] { "none", ServiceProfiles.Small, ServiceProfiles.Full } select Row(wish);

        text.Should().ContainAll(sums);

        string Row(string wish)
        {
            bool isProfile = PlatformServiceCatalogue.Profiles.ContainsKey(wish);
            var settings = Settings(isProfile ? "default" : wish) with
            {
                Profile = isProfile ? wish : null,
                Api = ApiPlaces.InCluster,
            };
            var requests =
                PlatformServiceSelection.Of(settings, s_workspace).Requests
                + PlatformServiceNeeds.ClusterRequests
                + PlatformServiceNeeds.ApiRequests;
            return $"| {wish} | {requests.Cpu / 1000.0:0.00} | {requests.Memory / 1024.0:0.0} GiB |";
        }
    }

    public static TheoryData<string> Names() => [.. PlatformServiceCatalogue.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_service_says_what_it_asks_for(string name)
    {
        var service = PlatformServiceCatalogue.Find(name)!;

        var requests = new SelectedService(service, PlatformServiceChange.None).Requests;

        requests.Cpu.Should().BePositive();
        requests.Memory.Should().BeGreaterThan(32);
    }

    [Fact]
    public void What_the_workspace_changes_counts()
    {
        var values = new JsonObject
        {
            ["resources"] = new JsonObject
            {
                ["requests"] = new JsonObject { ["memory"] = "1Gi", ["cpu"] = 1 },
            },
        };

        new SelectedService(PlatformServiceCatalogue.Find("qdrant")!, new PlatformServiceChange { Values = values })
            .Requests.Should()
            .Be(new ResourceRequests(1000, 1024));
    }

    [Fact]
    public void Images_are_asked_for_once_only() => Needs("minio", asksForImages: false).Images.Should().BeEmpty();

    [Theory]
    [InlineData("kindest/node:v1.32.9", true)]
    [InlineData("localhost:5001/kindest/node:v1.20.2-lab", true)]
    [InlineData("kindest/node:v1.33.0", false)]
    [InlineData("mine/node:latest", false)]
    public void A_node_image_that_is_too_old_for_Flux_is_refused(string image, bool isRefused)
    {
        var look = () => Needs("minio", asksForImages: true, image);

        if (isRefused)
        {
            look.Should().Throw<PlatformException>().WithMessage($"*needs Kubernetes 1.33 or newer*{image}*");
        }
        else
        {
            look.Should().NotThrow();
        }
    }

    [Fact]
    public void Services_that_need_no_Flux_run_on_any_node_image() =>
        Needs("postgres", asksForImages: true, "kindest/node:v1.20.2")
            .Images.Should()
            .Equal("docker.io/library/postgres:17.6");

    private static KindPreflightOptions Needs(string wish, bool asksForImages, string? nodeImage = null) =>
        PlatformServiceNeeds.Of(
            Choose(wish),
            Settings(wish) with
            {
                Kind = new KindOptions(NodeImage: nodeImage),
            },
            asksForImages
        );

    private static PlatformSettings Settings(string wish) => new(ClusterKind.Kind, s_workspace.Folder, Services: wish);

    private static PlatformServiceSelection Choose(string wish) =>
        PlatformServiceSelection.Of(Settings(wish), s_workspace);
}
