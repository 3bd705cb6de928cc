using System.Text;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Secrets;
using PlatformLocal.Testing;

namespace PlatformLocal.Deployment.Tests.Secrets;

public sealed class EncryptedFileSecretStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_value_is_made_up_once_and_kept()
    {
        using var store = Open();
        var made = await store.GetOrCreateAsync("environments/shop/db/PASSWORD", Token);

        made.Should().HaveLength(32);
        using var reopened = Open();
        (await reopened.GetOrCreateAsync("environments/shop/db/PASSWORD", Token)).Should().Be(made);
        (await reopened.GetOrCreateAsync("environments/other/db/PASSWORD", Token)).Should().NotBe(made);
    }

    [Fact]
    public async Task Nothing_is_readable_in_the_file_and_only_the_owner_may_open_it()
    {
        using var store = Open();
        var made = await store.GetOrCreateAsync("environments/shop/db/PASSWORD", Token);

        var file = Path.Combine(_folder.Path, "secrets.enc");
        Encoding
            .Latin1.GetString(await File.ReadAllBytesAsync(file, Token))
            .Should()
            .NotContain(made)
            .And.NotContain("shop");
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(file).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.GetUnixFileMode(Path.Combine(_folder.Path, "secrets.key"))
                .Should()
                .Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [Fact]
    public async Task Deleting_a_prefix_leaves_the_others()
    {
        using var store = Open();
        await store.GetOrCreateAsync("environments/a/x", Token);
        var kept = await store.GetOrCreateAsync("environments/ab/x", Token);

        await store.DeleteAsync("environments/a/", Token);

        (await store.GetAsync("environments/a/x", Token)).Should().BeNull();
        (await store.GetAsync("environments/ab/x", Token)).Should().Be(kept);
    }

    [Theory]
    [InlineData("secrets.enc")]
    [InlineData("secrets.key")]
    public async Task A_changed_file_is_noticed(string name)
    {
        using var store = Open();
        await store.GetOrCreateAsync("a/b", Token);
        var file = Path.Combine(_folder.Path, name);
        var bytes = await File.ReadAllBytesAsync(file, Token);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, Token);

        var act = () => store.GetAsync("a/b", Token);

        await act.Should().ThrowAsync<PlatformException>().WithMessage("*does not open*");
    }

    [Fact]
    public async Task A_torn_file_is_noticed()
    {
        using var store = Open();
        await store.GetOrCreateAsync("a/b", Token);
        await File.WriteAllBytesAsync(Path.Combine(_folder.Path, "secrets.enc"), new byte[5], Token);

        var act = () => store.GetAsync("a/b", Token);

        await act.Should().ThrowAsync<PlatformException>();
    }

    private EncryptedFileSecretStore Open() => new(_folder.Path);
}
