using PlatformLocal.Platform.Operations;
using PlatformLocal.Platform.State;
using PlatformLocal.Platform.Tests.Clusters;
using PlatformLocal.Testing;

namespace PlatformLocal.Platform.Tests.Operations;

[Collection("Docker")]
public sealed class LeftoversTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_is_left_on_the_engine_is_named_with_the_command_that_removes_it()
    {
        KindLab.SkipUnlessThere();
        Assert.SkipWhen(KindLab.BaseImage is null, "LAB_BASE_IMAGE does not name an image");
        using var folder = new TemporaryFolder();
        string name = KindLab.NewName();
        string node = $"{name}-control-plane";
        string volume = $"{name}-data";
        var state = new StateFolder(folder.Path, name);
        state.WriteSettings(new PlatformSettings(ClusterKind.Kind, "/workspace"));
        var leftovers = new Leftovers(state, KindLab.Programs, TimeProvider.System);
        await KindLab.Docker("volume", "create", "--label", "platform-lab", volume);
        try
        {
            await KindLab.Docker(
                "create",
                "--label",
                "platform-lab",
                "--label",
                $"io.x-k8s.kind.cluster={name}",
                "--volume",
                $"{volume}:/data",
                "--name",
                node,
                KindLab.BaseImage!
            );

            var had = await leftovers.LookAsync(Token);
            var left = await leftovers.FindAsync(had, Token);
            await KindLab.Docker("rm", "--force", "--volumes", node);
            Directory.Delete(state.Folder, recursive: true);
            var afterwards = await leftovers.FindAsync(had, Token);

            had.IsKind.Should().BeTrue();
            left.Should()
                .BeEquivalentTo([
                    new Leftover("state folder", state.Folder, $"rm -r {state.Folder}"),
                    new Leftover("container", node, $"docker rm --force --volumes {node}"),
                    new Leftover("volume", volume, $"docker volume rm {volume}"),
                ]);
            // A volume with a name outlives its container.
            afterwards.Should().Equal(new Leftover("volume", volume, $"docker volume rm {volume}"));
        }
        finally
        {
            await KindLab.Docker("rm", "--force", "--volumes", node);
            await KindLab.Docker("volume", "rm", "--force", volume);
        }
    }

    [Fact]
    public async Task A_container_of_a_cluster_that_is_somebody_else_s_is_not_ours()
    {
        KindLab.SkipUnlessThere();
        Assert.SkipWhen(KindLab.BaseImage is null, "LAB_BASE_IMAGE does not name an image");
        using var folder = new TemporaryFolder();
        string name = KindLab.NewName();
        string label = $"io.x-k8s.kind.cluster={name}";
        await KindLab.Docker("create", "--label", "platform-lab", "--label", label, "--name", name, KindLab.BaseImage!);
        try
        {
            var leftovers = new Leftovers(new StateFolder(folder.Path, name), KindLab.Programs, TimeProvider.System);

            var had = await leftovers.LookAsync(Token);

            had.IsKind.Should().BeFalse();
            (await leftovers.FindAsync(had, Token)).Should().BeEmpty();
        }
        finally
        {
            await KindLab.Docker("rm", "--force", name);
        }
    }
}
