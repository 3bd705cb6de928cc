using System.Security.Cryptography.X509Certificates;
using EmbeddedKubernetes.Tests.Support;

[assembly: AssemblyFixture(typeof(SharedCluster))]

namespace EmbeddedKubernetes.Tests.Support;

/// <summary>One cluster in memory for all tests that only need a namespace of their own.</summary>
public sealed class SharedCluster : IAsyncLifetime
{
    private static int _namespaces;

    public EmbeddedCluster Cluster { get; private set; } = null!;

    internal ApiClient Api { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Cluster = await EmbeddedCluster.StartAsync();
        Api = ClientOf(Cluster);
    }

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await Cluster.DisposeAsync();
    }

    internal static ApiClient ClientOf(EmbeddedCluster cluster)
    {
        var line = cluster
            .Kubeconfig.Split('\n')
            .Single(l => l.Contains("certificate-authority-data", StringComparison.Ordinal));
        var pem = System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(line.Split(": ")[1].Trim()));
        return new(cluster.Server, cluster.Token, X509Certificate2.CreateFromPem(pem));
    }

    /// <summary>Makes a namespace and returns its name.</summary>
    internal async Task<string> NewNamespaceAsync()
    {
        var name = "test-" + Interlocked.Increment(ref _namespaces);
        var made = await Api.PostAsync("/api/v1/namespaces", $$$"""{"metadata":{"name":"{{{name}}}"}}""");
        made.Code.Should().Be(201);
        return name;
    }
}
