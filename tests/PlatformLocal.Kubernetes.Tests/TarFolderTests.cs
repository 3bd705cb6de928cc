using System.Security.Cryptography;
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
}
