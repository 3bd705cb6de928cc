using PlatformLocal.Core;
using PlatformLocal.Kubernetes;
using PlatformLocal.Platform.PlatformServices;

namespace PlatformLocal.Platform.Tests.PlatformServices;

/// <summary>What is made of the statuses that Flux's and Elastic's controllers write.</summary>
public sealed class ReleaseWaitTests(ServicesServer server) : ServiceStepsTests(server)
{
    [Fact]
    public async Task A_status_of_an_older_generation_does_not_count()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        driver.Scripts["cert-manager"] = (release, _) => FluxDriver.Lagging(release);

        var outcome = await RunAsync(Choose("cert-manager"), timeout: TimeSpan.FromSeconds(2));

        outcome.Failure!.Kind.Should().Be(FailureKind.NotReadyInTime);
        outcome
            .Failure.Message.Should()
            .Contain("HelmRelease platform-system/cert-manager was not ready within 2 s")
            .And.Contain("has not looked at the latest change yet (generation 1, observed 0)");
    }

    [Fact]
    public async Task A_stalled_release_fails_at_once_with_what_the_controller_says()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        driver.Scripts["cert-manager"] = (release, _) =>
            FluxDriver.Stalled(release, "InvalidChartReference", "no chart of this name");

        var outcome = await RunAsync(Choose("cert-manager"));

        outcome.Failure!.Kind.Should().Be(FailureKind.Failed);
        outcome
            .Failure.Message.Should()
            .Contain("HelmRelease platform-system/cert-manager failed: InvalidChartReference: no chart of this name");
        outcome.Failure.NextStep.Should().Contain("describe helmrelease cert-manager");
    }

    [Fact]
    public async Task A_release_that_fails_is_waited_for_until_its_third_attempt()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        driver.Scripts["cert-manager"] = (release, look) =>
            FluxDriver.Failing(release, "InstallFailed", "the webhook refuses", Math.Min(3, look / 4));

        var outcome = await RunAsync(Choose("cert-manager"));

        outcome.Failure!.Message.Should().Contain("InstallFailed: the webhook refuses (after 3 attempts)");
        outcome.Said.Should().Contain(s => s.Contains("InstallFailed: the webhook refuses") && !s.Contains("after"));
    }

    [Fact]
    public async Task A_release_that_failed_in_an_earlier_run_is_tried_again()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        driver.Scripts["cert-manager"] = (release, _) =>
            release.Annotation("reconcile.fluxcd.io/requestedAt") is null
                ? FluxDriver.Failing(release, "InstallFailed", "the webhook refuses", 3)
                : FluxDriver.Ready(release);

        var failed = await RunAsync(Choose("cert-manager"));
        var again = await RunAsync(Choose("cert-manager"));

        failed.Failure.Should().NotBeNull();
        again.Failure.Should().BeNull();
    }

    [Fact]
    public async Task A_chart_that_cannot_be_had_is_told_from_its_source()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        driver.Scripts["cert-manager"] = (release, _) =>
            FluxDriver.Failing(release, "ArtifactFailed", "the source is not ready");
        driver.Besides = async () =>
        {
            var reference = new ObjectReference(
                "source.toolkit.fluxcd.io/v1",
                "OCIRepository",
                PlatformService.Namespace,
                "cert-manager"
            );
            if (await client.FindAsync(reference, Token) is { } source && source["status"]?["conditions"] is null)
            {
                source["status"] = FluxDriver.Status(source, "False", "OCIArtifactPullFailed", "no such host");
                source["status"]!.AsObject().Remove("lastHandledReconcileAt");
                await client.ReplaceAsync(source, new WriteOptions { Subresource = "status" }, Token);
            }
        };

        var outcome = await RunAsync(Choose("cert-manager"), timeout: TimeSpan.FromSeconds(3));

        outcome
            .Failure!.Message.Should()
            .Contain("ArtifactFailed: the source is not ready")
            .And.Contain("OCIRepository cert-manager: OCIArtifactPullFailed: no such host");
    }

    [Fact]
    public async Task What_a_killed_run_left_pending_is_cleared_and_tried_again()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        bool isBlocked = true;
        driver.Besides = async () =>
            isBlocked = (await HelmSecretsAsync(client)).Contains("sh.helm.release.v1.cert-manager.v2");
        driver.Scripts["cert-manager"] = (release, _) =>
            isBlocked
                ? FluxDriver.Failing(release, "InstallFailed", "another operation is in progress", 1)
                : FluxDriver.Ready(release);
        await WriteHelmAsync(client, "cert-manager", 1, "deployed");
        await WriteHelmAsync(client, "cert-manager", 2, "pending-upgrade");
        await WriteHelmAsync(client, "kong", 1, "pending-install");

        var outcome = await RunAsync(Choose("cert-manager"));

        outcome.Failure.Should().BeNull();
        outcome.Said.Should().Contain("cleared the pending-upgrade of cert-manager, left by a run that did not end");
        (await HelmSecretsAsync(client))
            .Should()
            .BeEquivalentTo("sh.helm.release.v1.cert-manager.v1", "sh.helm.release.v1.kong.v1");
    }

    [Fact]
    public async Task What_is_left_pending_while_it_is_waited_for_is_cleared_and_tried_again()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        bool wasKilled = false;
        driver.Besides = async () =>
        {
            if (driver.Began.Count > 0 && !wasKilled)
            {
                wasKilled = true;
                await WriteHelmAsync(client, "cert-manager", 1, "pending-install");
            }
        };
        driver.Scripts["cert-manager"] = (release, _) =>
            release.Annotation("reconcile.fluxcd.io/requestedAt") is null
                ? FluxDriver.Failing(release, "InstallFailed", "another operation is in progress", 1)
                : FluxDriver.Ready(release);

        var outcome = await RunAsync(Choose("cert-manager"));

        outcome.Failure.Should().BeNull();
        outcome.Said.Should().Contain(s => s.StartsWith("cleared the pending-install of cert-manager"));
        (await HelmSecretsAsync(client)).Should().BeEmpty();
    }

    [Fact]
    public async Task What_the_controller_is_working_on_is_left_alone()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        driver.Scripts["cert-manager"] = (release, look) =>
        {
            var status = FluxDriver.Status(release, "Unknown", "Progressing", "Running 'install' action");
            return look < 20 ? status : FluxDriver.Ready(release);
        };
        driver.Besides = async () =>
        {
            if ((await HelmSecretsAsync(client)).Count == 0)
            {
                await WriteHelmAsync(client, "cert-manager", 1, "pending-install");
            }
        };
        await ApplyReleaseAsync(client);

        var outcome = await RunAsync(Choose("cert-manager"));

        outcome.Failure.Should().BeNull();
        outcome.Said.Should().NotContain(s => s.StartsWith("cleared"));
        (await HelmSecretsAsync(client)).Should().ContainSingle();
    }

    [Fact]
    public async Task Elasticsearch_is_ready_when_its_operator_says_so()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        int looks = 0;
        driver.Besides = () =>
            ++looks < 60
                ? ReportElasticsearchAsync(client, "ApplyingChanges", "red")
                : ReportElasticsearchAsync(client, "Ready", "green");

        var outcome = await RunAsync(Choose("elasticsearch"));

        outcome.Failure.Should().BeNull();
        outcome.Said.Should().Contain("waits for Elasticsearch platform-system/es: phase ApplyingChanges, health red");
    }
}
