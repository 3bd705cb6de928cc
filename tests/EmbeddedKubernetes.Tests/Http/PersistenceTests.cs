using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Http;

public sealed class PersistenceTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cluster-state-");

    public void Dispose() => _folder.Delete(recursive: true);

    private Task<EmbeddedCluster> StartAsync() =>
        EmbeddedCluster.StartAsync(new() { StateDirectory = _folder.FullName }, ApiClient.Cancel);

    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(30)]
    public async Task A_cluster_whose_objects_are_lost_does_not_begin_anew_unless_somebody_says_so(int? left)
    {
        await (await StartAsync()).DisposeAsync();
        var journal = Path.Combine(_folder.FullName, "store.journal");
        var bytes = await File.ReadAllBytesAsync(journal, ApiClient.Cancel);
        File.Delete(journal);
        if (left is { } length)
        {
            await File.WriteAllBytesAsync(journal, bytes[..length], ApiClient.Cancel);
        }

        foreach (var _ in Enumerable.Range(0, 2))
        {
            var start = StartAsync;

            (await start.Should().ThrowAsync<EmbeddedClusterException>())
                .Which.Message.Should()
                .Contain(journal)
                .And.Contain("rm ");
        }

        File.Delete(Path.Combine(_folder.FullName, "port"));
        await (await StartAsync()).DisposeAsync();
    }

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
    public async Task A_restart_writes_nothing_that_is_unchanged()
    {
        List<string> before;
        await using (var cluster = await StartAsync())
        {
            using var api = SharedCluster.ClientOf(cluster);
            foreach (var name in (string[])["one", "two"])
            {
                await api.PostAsync(
                    "/api/v1/namespaces/default/services",
                    $$$"""{"metadata":{"name":"{{{name}}}"},"spec":{"selector":{"app":"{{{name}}}"},"ports":[{"port":80}]}}"""
                );
                await DeployAsync(api, name);
            }
            before = await VersionsAsync(api);
        }
        await using var again = await StartAsync();
        using var client = SharedCluster.ClientOf(again);
        // Objects are looked at in turn, so those of before are done when a new one is.
        await DeployAsync(client, "new");
        var after = await VersionsAsync(client);
        before.Should().HaveCountGreaterThan(15);
        after.Where(v => !v.Contains("/new", StringComparison.Ordinal)).Should().BeEquivalentTo(before);
    }

    private static async Task DeployAsync(ApiClient api, string name)
    {
        const string deployments = "/apis/apps/v1/namespaces/default/deployments";
        await api.PostAsync(deployments, Workloads.Deployment(name, "i:1", 1));
        await api.UntilAsync(
            $"{deployments}/{name}",
            a =>
                a.Body!["status"]
                    ?["conditions"]?.ToJsonString()
                    .Contains("NewReplicaSetAvailable", StringComparison.Ordinal) == true
        );
        await api.UntilAsync(
            "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
            a =>
                a.Body!["items"]!
                    .AsArray()
                    .Where(s => s!["metadata"]!["name"]!.GetValue<string>().StartsWith(name, StringComparison.Ordinal))
                    .All(s => s!["endpoints"]!.AsArray().Any(e => e!["conditions"]!["ready"]!.GetValue<bool>()))
        );
    }

    /// <summary>Kind, name and version of every object that controllers look after.</summary>
    private static async Task<List<string>> VersionsAsync(ApiClient api)
    {
        var versions = new List<string>();
        foreach (
            var path in (string[])
                [
                    "/api/v1/namespaces",
                    "/api/v1/nodes",
                    "/api/v1/pods",
                    "/api/v1/services",
                    "/api/v1/endpoints",
                    "/api/v1/serviceaccounts",
                    "/api/v1/configmaps",
                    "/apis/apps/v1/deployments",
                    "/apis/apps/v1/replicasets",
                    "/apis/discovery.k8s.io/v1/endpointslices",
                ]
        )
        {
            versions.AddRange(
                (await api.GetAsync(path)).Body!["items"]!
                    .AsArray()
                    .Select(i => i!["metadata"]!)
                    .Select(m => $"{path}/{m["name"]} {m["resourceVersion"]}")
            );
        }
        return versions;
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
