using System.Formats.Tar;
using System.Security.Cryptography;
using PlatformLocal.Core;
using PlatformLocal.Kubernetes.Files;
using PlatformLocal.Testing;

namespace PlatformLocal.Kubernetes.Tests;

public sealed class TarFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_same_files_are_the_same_bytes_in_every_process_and_at_every_time()
    {
        _folder.Write("packed/a.yaml", "kind: ConfigMap\n");
        _folder.Write($"packed/{new string('n', 120)}/{new string('m', 120)}/ä.yaml", "long and not ASCII");

        var (content, files) = TarFolder.Pack(Path.Combine(_folder.Path, "packed"), "The folder", "");

        files.Should().Be(2);
        Convert
            .ToHexStringLower(SHA256.HashData(content.Span))
            .Should()
            .Be(
                "17324dd7e5da88da383350d8f3a49e6d52d561bf355f4d45a8ac6fd4aa35322a",
                "nothing of the process that packs it is in it"
            );
        var target = Path.Combine(_folder.Path, "unpacked");
        TarFolder.Unpack(new MemoryStream(content.ToArray()), target, "The archive");
        Directory
            .EnumerateFiles(target, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(target, f))
            .Should()
            .BeEquivalentTo("a.yaml", $"{new string('n', 120)}/{new string('m', 120)}/ä.yaml");
    }

    [Theory]
    [InlineData("folders of their own", 11_000, TarEntryType.Directory)]
    [InlineData("files in folders of their own", 6_000, TarEntryType.RegularFile)]
    public void Folders_count_as_files_do(string _, int count, TarEntryType type)
    {
        var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, TarEntryFormat.Gnu, leaveOpen: true))
        {
            for (var i = 0; i < count; i++)
            {
                var entry =
                    type == TarEntryType.Directory
                        ? new GnuTarEntry(type, $"{i}/")
                        : new GnuTarEntry(type, $"{i}/inner/file") { DataStream = new MemoryStream([1]) };
                writer.WriteEntry(entry);
            }
        }
        archive.Position = 0;
        var target = Path.Combine(_folder.Path, "unpacked");

        var act = () => TarFolder.Unpack(archive, target, "The archive");

        act.Should().Throw<PlatformException>().WithMessage("*10,000 files or 10,000 folders*");
        Directory.EnumerateDirectories(target, "*", SearchOption.AllDirectories).Count().Should().BeLessThan(10_001);
    }
}
