using PlatformLocal.Deployment.Sources;
using PlatformLocal.Testing;

namespace PlatformLocal.Deployment.Tests.Sources;

public sealed class ContentFoldersTests : IDisposable
{
    private const string Killed = "aaaa.00000000000000000000000000000001.part";
    private const string Earlier = "bbbb.00000000000000000000000000000002.part";
    private const string Young = "cccc.00000000000000000000000000000003.part";
    private const string Written = "dddd.00000000000000000000000000000004.part";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_killed_processes_left_is_removed_and_what_is_being_written_is_not()
    {
        foreach (var name in new[] { Killed, Earlier, Young, Written, "eeee", "notes.part" })
        {
            _folder.Write($"{name}/deep/file", "x");
        }

        _folder.Write($"{Killed}.tar", "x");
        _folder.Write($"{Killed}.lock", ""); // nobody holds it any more
        Directory.SetLastWriteTimeUtc(Path.Combine(_folder.Path, Earlier), DateTime.UnixEpoch);
        using var held = new FileStream(
            Path.Combine(_folder.Path, $"{Written}.lock"),
            FileMode.Create,
            FileAccess.ReadWrite,
            FileShare.None
        );
        Directory.SetLastWriteTimeUtc(Path.Combine(_folder.Path, Written), DateTime.UnixEpoch);

        await GetAsync("eeee");

        Names().Should().BeEquivalentTo("eeee", Young, Written, $"{Written}.lock", "notes.part");
    }

    [Fact]
    public async Task What_is_being_written_survives_another_process_that_begins()
    {
        var during = new List<string>();

        var made = await new ContentFolders(_folder.Path, TimeProvider.System).GetAsync(
            "ffff",
            async target =>
            {
                Directory.CreateDirectory(target);
                await GetAsync("0000"); // as another process would
                during.AddRange(Names());
            }
        );

        during.Should().HaveCount(3).And.Contain("0000");
        Names().Should().BeEquivalentTo("0000", "ffff");
        Directory.Exists(made).Should().BeTrue();
    }

    private Task<string> GetAsync(string id) =>
        new ContentFolders(_folder.Path, TimeProvider.System).GetAsync(
            id,
            target =>
            {
                Directory.CreateDirectory(target);
                return Task.CompletedTask;
            }
        );

    private IEnumerable<string> Names() =>
        Directory.EnumerateFileSystemEntries(_folder.Path).Select(e => Path.GetFileName(e));
}
