using PlatformLocal.Kubernetes.Files;
using PlatformLocal.Testing;

namespace PlatformLocal.Kubernetes.Tests;

public sealed class PrivateFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_a_killed_process_left_goes_at_the_next_use_and_nothing_else()
    {
        var left = _folder.Write($"endpoint.json.{Guid.NewGuid():N}.part", "half");
        var written = _folder.Write($"token.{Guid.NewGuid():N}.part", "half");
        var others = _folder.Write("film.part", "somebody else's");
        using var writing = new FileStream(written, FileMode.Open, FileAccess.Write, FileShare.Delete);

        PrivateFile.Replace(Path.Combine(_folder.Path, "settings.json"), "{}"u8);

        File.Exists(left).Should().BeFalse();
        File.Exists(written).Should().BeTrue("somebody is at it");
        File.Exists(others).Should().BeTrue();
        File.ReadAllText(Path.Combine(_folder.Path, "settings.json")).Should().Be("{}");
    }
}
