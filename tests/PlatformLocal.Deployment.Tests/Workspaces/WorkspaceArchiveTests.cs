using System.Formats.Tar;
using System.Text;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Testing;

namespace PlatformLocal.Deployment.Tests.Workspaces;

public sealed class WorkspaceArchiveTests
{
    [Fact]
    public void A_workspace_comes_out_as_it_went_in_and_its_digest_depends_on_its_files_alone()
    {
        using var temporary = new TemporaryFolder();
        var folder = Path.Combine(Repository.Root, "examples");

        var packed = WorkspaceArchive.Pack(folder);
        var target = Path.Combine(temporary.Path, "unpacked");
        packed.Unpack(target);

        WorkspaceArchive.Pack(target).Digest.Should().Be(packed.Digest);
        Directory
            .EnumerateFiles(target, "*", SearchOption.AllDirectories)
            .Should()
            .HaveCount(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Count());
        WorkspaceReader
            .Read(target)
            .Catalogue.Services.Keys.Should()
            .BeEquivalentTo(WorkspaceReader.Read(folder).Catalogue.Services.Keys);
    }

    [Theory]
    [InlineData("../outside.yaml")]
    [InlineData("/tmp/outside.yaml")]
    public void An_archive_that_reaches_out_of_its_folder_is_refused(string name)
    {
        using var temporary = new TemporaryFolder();
        var content = new MemoryStream();
        using (var writer = new TarWriter(content, TarEntryFormat.Pax, leaveOpen: true))
        {
            writer.WriteEntry(
                new PaxTarEntry(TarEntryType.RegularFile, name)
                {
                    DataStream = new MemoryStream(Encoding.UTF8.GetBytes("x")),
                }
            );
        }

        var act = () => WorkspaceArchive.Of(content.ToArray()).Unpack(Path.Combine(temporary.Path, "unpacked"));

        act.Should().Throw<PlatformException>().WithMessage("*is no file inside of it*");
    }

    [Fact]
    public void A_link_in_an_archive_is_refused()
    {
        using var temporary = new TemporaryFolder();
        var content = new MemoryStream();
        using (var writer = new TarWriter(content, TarEntryFormat.Pax, leaveOpen: true))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "link") { LinkName = "/etc/passwd" });
        }

        var act = () => WorkspaceArchive.Of(content.ToArray()).Unpack(Path.Combine(temporary.Path, "unpacked"));

        act.Should().Throw<PlatformException>();
    }

    [Fact]
    public void Garbage_is_no_archive()
    {
        using var temporary = new TemporaryFolder();
        var garbage = new byte[2048];
        new Random(5).NextBytes(garbage);

        var act = () => WorkspaceArchive.Of(garbage).Unpack(Path.Combine(temporary.Path, "unpacked"));

        act.Should().Throw<PlatformException>().WithMessage("*cannot be unpacked*");
    }
}
