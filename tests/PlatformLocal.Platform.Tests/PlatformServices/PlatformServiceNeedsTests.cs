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
    public void The_machine_must_have_memory_and_images_for_what_is_chosen()
    {
        var choice = Choose("minio");

        var needs = PlatformServiceNeeds.Of(choice, null, isNew: true);

        needs.LeastMemory.Should().Be(new KindPreflightOptions().LeastMemory + (512L * 1024 * 1024));
        needs.Images.Should().Contain(PlatformServiceCatalogue.Find("minio")!.Images).And.HaveCount(6);
    }

    [Fact]
    public void Images_are_asked_for_once_only() =>
        PlatformServiceNeeds.Of(Choose("minio"), null, isNew: false).Images.Should().BeEmpty();

    [Theory]
    [InlineData("kindest/node:v1.32.9", true)]
    [InlineData("localhost:5001/kindest/node:v1.20.2-lab", true)]
    [InlineData("kindest/node:v1.33.0", false)]
    [InlineData("mine/node:latest", false)]
    public void A_node_image_that_is_too_old_for_Flux_is_refused(string image, bool isRefused)
    {
        var look = () => PlatformServiceNeeds.Of(Choose("minio"), image, isNew: true);

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
        PlatformServiceNeeds
            .Of(Choose("postgres"), "kindest/node:v1.20.2", isNew: true)
            .Images.Should()
            .Equal("docker.io/library/postgres:17.6");

    private static PlatformServiceSelection Choose(string wish) =>
        PlatformServiceSelection.Of(
            new PlatformSettings(ClusterKind.Kind, s_workspace.Folder, Services: wish),
            s_workspace
        );
}
