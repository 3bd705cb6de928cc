using PlatformLocal.Diagnostics;
using PlatformLocal.Operations;
using PlatformLocal.PlatformApi;
using PlatformLocal.Services;
using PlatformLocal.Tests.Testing;
using PlatformLocal.Workspaces;

namespace PlatformLocal.Tests.Operations;

public sealed class PlatformServiceChoiceTests
{
    private static readonly Workspace s_workspace = WorkspaceReader.Read(Path.Combine(Repository.Root, "examples"));

    [Theory]
    [InlineData(ClusterKinds.Kind, true)]
    [InlineData(ClusterKinds.Existing, false)]
    [InlineData(ClusterKinds.Embedded, false)]
    public void Only_a_platform_on_kind_has_services_that_nobody_asked_for(string cluster, bool hasServices) =>
        PlatformServiceChoice
            .Of(new PlatformSettings(cluster, s_workspace.Folder), s_workspace)
            .Services.Any()
            .Should()
            .Be(hasServices);

    [Fact]
    public void The_machine_must_have_memory_and_images_for_what_is_chosen()
    {
        var choice = Choose("minio");

        var needs = PlatformServiceChoice.NeedsOf(choice, null, isNew: true);

        needs.LeastMemory.Should().Be(new KindPreflightOptions().LeastMemory + (512L * 1024 * 1024));
        needs.Images.Should().Contain(PlatformServices.Find("minio")!.Images).And.HaveCount(5);
    }

    [Fact]
    public void Images_are_asked_for_once_only() =>
        PlatformServiceChoice.NeedsOf(Choose("minio"), null, isNew: false).Images.Should().BeEmpty();

    [Theory]
    [InlineData("kindest/node:v1.32.9", true)]
    [InlineData("localhost:5001/kindest/node:v1.20.2-lab", true)]
    [InlineData("kindest/node:v1.33.0", false)]
    [InlineData("mine/node:latest", false)]
    public void A_node_image_that_is_too_old_for_Flux_is_refused(string image, bool isRefused)
    {
        var look = () => PlatformServiceChoice.NeedsOf(Choose("minio"), image, isNew: true);

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
        PlatformServiceChoice
            .NeedsOf(Choose("postgres"), "kindest/node:v1.20.2", isNew: true)
            .Images.Should()
            .Equal("docker.io/library/postgres:17.6");

    private static PlatformLocal.Services.Choosing.ServiceChoice Choose(string wish) =>
        PlatformServiceChoice.Of(
            new PlatformSettings(ClusterKinds.Kind, s_workspace.Folder, Services: wish),
            s_workspace
        );
}
