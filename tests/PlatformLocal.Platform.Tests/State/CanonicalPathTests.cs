using PlatformLocal.Core;
using PlatformLocal.Platform.State;
using PlatformLocal.Testing;

namespace PlatformLocal.Platform.Tests.State;

public sealed class CanonicalPathTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("shop")]
    [InlineData("shop/")]
    [InlineData("./shop")]
    [InlineData("shop/../shop//")]
    [InlineData("link")]
    [InlineData("link/")]
    [InlineData("linked/shop")]
    public void One_folder_has_one_path_however_it_is_said(string said)
    {
        var root = CanonicalPath.Of(_folder.Path);
        Directory.CreateDirectory(Path.Combine(root, "shop"));
        Directory.CreateSymbolicLink(Path.Combine(root, "link"), "shop");
        Directory.CreateSymbolicLink(Path.Combine(root, "linked"), root);

        CanonicalPath.Of(Path.Combine(root, said)).Should().Be(Path.Combine(root, "shop"));
    }

    [Fact]
    public void What_is_not_there_yet_stays_as_it_is() =>
        CanonicalPath
            .Of(Path.Combine(CanonicalPath.Of(_folder.Path), "no", "such") + "/")
            .Should()
            .Be(Path.Combine(CanonicalPath.Of(_folder.Path), "no", "such"));

    [Fact]
    public void Links_in_a_circle_are_told()
    {
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "a"), "b");
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "b"), "a");

        var act = () => CanonicalPath.Of(Path.Combine(_folder.Path, "a"));

        act.Should().Throw<PlatformException>().WithMessage("The links in * lead in a circle.");
    }
}
