using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Http;

public sealed class PersistenceTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cluster-state-");

    public void Dispose() => _folder.Delete(recursive: true);

    private Task<EmbeddedCluster> StartAsync() =>
        EmbeddedCluster.StartAsync(new() { StateDirectory = _folder.FullName }, ApiClient.Cancel);

    [Fact]
    public async Task Objects_address_token_and_certificate_survive_a_restart()
    {
        string kubeconfig;
        string? version;
        await using (var cluster = await StartAsync())
        {
            using var api = SharedCluster.ClientOf(cluster);
            var made = await api.PostAsync("/api/v1/namespaces/default/configmaps", """{"metadata":{"name":"kept"}}""");
            version = made.Version;
            kubeconfig = cluster.Kubeconfig;
        }
        await using var again = await StartAsync();
        again.Kubeconfig.Should().Be(kubeconfig);
        using var client = SharedCluster.ClientOf(again);
        (await client.GetAsync("/api/v1/namespaces/default/configmaps/kept")).Version.Should().Be(version);
        (await client.PostAsync("/api/v1/namespaces/default/configmaps", """{"metadata":{"name":"new"}}"""))
            .Code.Should()
            .Be(201);
    }

    [Fact]
    public async Task A_second_cluster_on_the_same_folder_is_refused_with_the_reason()
    {
        await using var cluster = await StartAsync();
        var second = StartAsync;
        (await second.Should().ThrowAsync<EmbeddedClusterException>()).WithMessage($"*{_folder.FullName}*in use*");
    }

    [Fact]
    public async Task What_is_secret_is_readable_by_its_owner_only()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("there are no file modes here");
            return;
        }
        await using var cluster = await StartAsync();
        foreach (var file in Directory.GetFiles(_folder.FullName))
        {
            File.GetUnixFileMode(file)
                .Should()
                .Be(UnixFileMode.UserRead | UnixFileMode.UserWrite, "{0} is private", file);
        }
    }

    [Fact]
    public async Task A_port_that_is_taken_is_refused_with_what_to_do()
    {
        await using var cluster = await StartAsync();
        var second = () => EmbeddedCluster.StartAsync(new() { Port = cluster.Server.Port }, ApiClient.Cancel);
        (await second.Should().ThrowAsync<EmbeddedClusterException>()).WithMessage("*is taken*");
    }
}
