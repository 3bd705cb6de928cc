using EmbeddedKubernetes;
using PlatformLocal.Core;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Testing;

namespace PlatformLocal.Platform.Tests.Clusters;

/// <summary>A cluster that answers and does not let us in: that does not come right by waiting.</summary>
public sealed class RefusedConnectionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_certificate_that_does_not_fit_is_told_as_what_it_is()
    {
        const string field = "certificate-authority-data: ";
        await using var cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        await using var other = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        var line = LineOf(cluster.Kubeconfig, field);
        var kubeconfig = _folder.Write(
            "kubeconfig",
            cluster.Kubeconfig.Replace(line, LineOf(other.Kubeconfig, field)).Replace("embedded", "kind-e2e-none")
        );
        var route = new ApiServerRoute(KindLab.Programs, TimeProvider.System);

        var act = () => route.FindAsync(kubeconfig, "e2e-none", Token);

        var fault = (await act.Should().ThrowAsync<PlatformException>()).Which;
        fault.Kind.Should().Be(FailureKind.NotAllowed);
        fault
            .Message.Should()
            .Contain("no trusted connection")
            .And.Contain("do not know each other")
            .And.Contain(kubeconfig);
    }

    [Fact]
    public async Task Waiting_for_a_cluster_ends_at_once_when_its_kubeconfig_is_none()
    {
        KindLab.SkipUnlessThere();
        _folder.Write("kubeconfig", "garbage");

        var act = () => WaitAsync();

        (await act.Should().ThrowAsync<PlatformException>()).Which.Kind.Should().Be(FailureKind.InvalidInput);
    }

    [Fact]
    public async Task Waiting_for_a_cluster_ends_soon_when_it_does_not_accept_the_credentials()
    {
        KindLab.SkipUnlessThere();
        await using var cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        var line = LineOf(cluster.Kubeconfig, "token: ");
        _folder.Write(
            "kubeconfig",
            cluster.Kubeconfig.Replace(line, "token: wrong").Replace("embedded", "kind-e2e-none")
        );

        var act = () => WaitAsync();

        (await act.Should().ThrowAsync<PlatformException>())
            .WithMessage("The cluster refused to *")
            .Which.Kind.Should()
            .Be(FailureKind.NotAllowed);
    }

    private Task WaitAsync() =>
        KindLab.Clusters.WaitForNodesAsync(
            new KindClusterSpec { Platform = "e2e-none", Timeout = TimeSpan.FromMinutes(5) },
            _folder.Path,
            _ => { },
            Token
        );

    private static string LineOf(string kubeconfig, string field) =>
        kubeconfig.Split('\n').Single(l => l.TrimStart().StartsWith(field, StringComparison.Ordinal)).Trim();
}
