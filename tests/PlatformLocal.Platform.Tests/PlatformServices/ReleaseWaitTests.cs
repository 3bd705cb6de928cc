using System.Text.Json.Nodes;
using PlatformLocal.Core;
using PlatformLocal.Kubernetes;
using PlatformLocal.Platform.PlatformServices;
using PlatformLocal.Platform.PlatformServices.Flux;

namespace PlatformLocal.Platform.Tests.PlatformServices;

/// <summary>What is made of the statuses that Flux's and Elastic's controllers write.</summary>
public sealed class ReleaseWaitTests(ServicesServer server) : ServiceStepsTests(server)
{
    private static readonly ObjectReference s_release = new(
        "helm.toolkit.fluxcd.io/v2",
        "HelmRelease",
        PlatformService.Namespace,
        "monitoring"
    );

    [Fact]
    public async Task A_status_of_an_older_generation_does_not_count()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        driver.Scripts["monitoring"] = (release, _) => FluxDriver.Lagging(release);

        var outcome = await RunAsync(Choose("monitoring"), timeout: TimeSpan.FromSeconds(2));

        outcome.Failure!.Kind.Should().Be(FailureKind.NotReadyInTime);
        outcome
            .Failure.Message.Should()
            .Contain("HelmRelease platform-system/monitoring was not ready within 2 s")
            .And.Contain("has not looked at the latest change yet (generation 1, observed 0)");
    }

    [Fact]
    public async Task A_stalled_release_fails_at_once_with_what_the_controller_says()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        driver.Scripts["monitoring"] = (release, _) =>
            FluxDriver.Stalled(release, "InvalidChartReference", "no chart of this name");

        var outcome = await RunAsync(Choose("monitoring"));

        outcome.Failure!.Kind.Should().Be(FailureKind.Failed);
        outcome
            .Failure.Message.Should()
            .Contain("HelmRelease platform-system/monitoring failed: InvalidChartReference: no chart of this name");
        outcome.Failure.NextStep.Should().Contain("describe helmrelease monitoring");
    }

    [Fact]
    public async Task A_release_that_fails_is_waited_for_until_its_third_attempt()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        driver.Scripts["monitoring"] = (release, look) =>
            FluxDriver.Failing(release, "InstallFailed", "the webhook refuses", Math.Min(3, look / 4));

        var outcome = await RunAsync(Choose("monitoring"));

        outcome.Failure!.Message.Should().Contain("InstallFailed: the webhook refuses (after 3 attempts)");
        outcome.Said.Should().Contain(s => s.Contains("InstallFailed: the webhook refuses") && !s.Contains("after"));
    }

    [Fact]
    public async Task A_release_that_failed_in_an_earlier_run_is_tried_again()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        driver.Scripts["monitoring"] = (release, _) =>
            release.Annotation("reconcile.fluxcd.io/requestedAt") is null
                ? FluxDriver.Failing(release, "InstallFailed", "the webhook refuses", 3)
                : FluxDriver.Ready(release);

        var failed = await RunAsync(Choose("monitoring"));
        var again = await RunAsync(Choose("monitoring"));

        failed.Failure.Should().NotBeNull();
        again.Failure.Should().BeNull();
    }

    [Fact]
    public async Task A_chart_that_cannot_be_had_is_told_from_its_source()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        driver.Scripts["monitoring"] = (release, _) =>
            FluxDriver.Failing(release, "ArtifactFailed", "the source is not ready");
        driver.Besides = () =>
            WriteSourceAsync(
                client,
                source =>
                {
                    var status = FluxDriver.Status(source, "False", "OCIArtifactPullFailed", "no such host");
                    status.Remove("lastHandledReconcileAt");
                    return status;
                }
            );

        var outcome = await RunAsync(Choose("monitoring"), timeout: TimeSpan.FromSeconds(3));

        outcome
            .Failure!.Message.Should()
            .Contain("ArtifactFailed: the source is not ready")
            .And.Contain("OCIRepository monitoring: OCIArtifactPullFailed: no such host");
    }

    [Fact]
    public async Task A_release_that_never_came_to_an_action_fails_by_its_reconciliations()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        driver.Scripts["monitoring"] = (release, look) =>
        {
            var status = FluxDriver.Failing(
                release,
                "InstallFailed",
                "values don't meet the specifications of the schema"
            );
            status.Remove("installFailures");
            status["failures"] = Math.Min(3, look);
            return status;
        };

        var outcome = await RunAsync(Choose("monitoring"));

        outcome.Failure!.Kind.Should().Be(FailureKind.Failed);
        outcome.Failure.Message.Should().Contain("don't meet the specifications of the schema (after 3 attempts)");
    }

    [Fact]
    public async Task A_deployment_that_was_late_once_is_waited_for_as_its_image_may_still_come()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        driver.Scripts["monitoring"] = (release, look) =>
            look < 20
                ? FluxDriver.Failing(
                    release,
                    "InstallFailed",
                    "failed early due to stalled resources: Deployment x",
                    look
                )
                : FluxDriver.Ready(release);

        var outcome = await RunAsync(Choose("monitoring"));

        outcome.Failure.Should().BeNull();
    }

    [Fact]
    public async Task What_Helm_says_when_its_time_is_over_is_put_in_words_that_mean_something()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        driver.Scripts["monitoring"] = (release, _) =>
            FluxDriver.Failing(
                release,
                "InstallFailed",
                "client rate limiter Wait returned an error: context deadline exceeded"
            );

        var outcome = await RunAsync(Choose("monitoring"), timeout: TimeSpan.FromSeconds(1));

        outcome
            .Failure!.Message.Should()
            .Contain("InstallFailed: what the chart installed was not ready in time")
            .And.NotContain("rate limiter");
    }

    [Fact]
    public async Task A_failure_that_comes_back_is_told_in_full_once()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        var message = $"Helm install failed: {new string('x', 700)}";
        driver.Scripts["monitoring"] = (release, look) =>
            look >= 60 ? FluxDriver.Ready(release)
            : look / 5 % 2 == 0 ? FluxDriver.Failing(release, "InstallFailed", message)
            : FluxDriver.Status(release, "Unknown", "Progressing", "Running 'install' action");

        var outcome = await RunAsync(Choose("monitoring"));

        outcome.Failure.Should().BeNull();
        outcome.Said.Where(s => s.Contains(message)).Should().ContainSingle();
        outcome.Said.Where(s => s.Contains(": again InstallFailed: Helm install failed: xx")).Should().NotBeEmpty();
    }

    [Fact]
    public async Task A_source_that_can_never_give_the_chart_ends_the_wait_at_once()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        driver.Scripts["monitoring"] = (release, _) =>
            FluxDriver.Failing(release, "ArtifactFailed", "the source is not ready");
        driver.Besides = () =>
            WriteSourceAsync(
                client,
                source =>
                {
                    var status = FluxDriver.Stalled(source, "URLInvalid", "no such tag");
                    status.Remove("lastHandledReconcileAt");
                    return status;
                }
            );

        var outcome = await RunAsync(Choose("monitoring"));

        outcome.Failure!.Kind.Should().Be(FailureKind.Failed);
        outcome.Failure.Message.Should().Contain("OCIRepository monitoring can never be had: URLInvalid: no such tag");
    }

    [Fact]
    public async Task A_release_that_is_not_ready_is_nudged_and_its_source_first()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        driver.Scripts["monitoring"] = (release, _) =>
            release.Annotation("reconcile.fluxcd.io/requestedAt") is null
                ? FluxDriver.Status(release, "Unknown", "ProgressingWithRetry", "will be tried again")
                : FluxDriver.Ready(release);
        await RunAsync(Choose("monitoring"), timeout: TimeSpan.FromSeconds(1));

        var again = await RunAsync(Choose("monitoring"));

        again.Failure.Should().BeNull();
        var source = await client.GetAsync(
            new("source.toolkit.fluxcd.io/v1", "OCIRepository", PlatformService.Namespace, "monitoring"),
            Token
        );
        source.Annotation("reconcile.fluxcd.io/requestedAt").Should().NotBeNull();
    }

    [Theory]
    [InlineData("1.19.0", "1.19.0+bff34a3b596a", true)]
    [InlineData("v1.19.0", "1.19.0", true)]
    [InlineData("9.9.9", "1.19.0+bff34a3b596a", false)]
    [InlineData("1.x", "1.19.0", true)]
    [InlineData("1.18", "1.18.3", true)]
    public void A_release_that_is_ready_with_another_version_of_its_chart_is_not_ready(
        string asked,
        string tried,
        bool isReady
    )
    {
        var release = (JsonObject)
            JsonNode.Parse(
                $$"""
                {"metadata":{"name":"qdrant","generation":3},"status":{"observedGeneration":3,"lastAttemptedRevision":"{{tried}}",
                 "conditions":[{"type":"Ready","status":"True","reason":"InstallSucceeded","observedGeneration":3} ] } }
                """
            )!;

        HelmReleaseRules.Of(release, ReleaseStart.New, asked).IsCurrent.Should().Be(isReady);
    }

    [Fact]
    public async Task A_healthy_release_that_somebody_suspended_blocks_no_run_and_is_resumed_before_it_goes()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        (await RunAsync(Choose("monitoring"))).Failure.Should().BeNull();
        await SuspendAsync(client);
        driver.Scripts["monitoring"] = (_, _) => null; // the controller leaves it alone
        driver.Besides = () => FinalizeNamespaceAsync(client, "flux-system"); // of another test, where there was one
        var said = new List<string>();

        var again = await RunAsync(Choose("monitoring"));
        var changed = await RunAsync(Choose("monitoring", version: "88.5.4"));
        await StepsOf(Choose("monitoring")).RemoveAsync(said.Add, Token);

        again.Failure.Should().BeNull();
        again.Said.Should().Contain(s => s.Contains("somebody suspended it, and nothing of it changes"));
        changed.Failure!.Message.Should().Contain("HelmRelease platform-system/monitoring failed: is suspended");
        changed
            .Failure.NextStep.Should()
            .Contain("""patch helmrelease monitoring --type merge --patch '{"spec":{"suspend":false}}'""");
        said.Should().Contain("resumes the suspended HelmRelease monitoring, so that it is uninstalled");
        (await client.FindAsync(s_release, Token)).Should().BeNull();
    }

    [Fact]
    public async Task What_failed_keeps_only_what_needs_it_from_being_installed()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        driver.Scripts["monitoring"] = (release, _) =>
            FluxDriver.Stalled(release, "InvalidChartReference", "no chart of this name");
        driver.Scripts["kong"] = (release, look) =>
            look < 50 ? FluxDriver.Lagging(release) : FluxDriver.Stalled(release, "Invalid", "no such value");

        var outcome = await RunAsync(Choose("monitoring,kong,redis"));

        outcome.Ended.Should().Contain("redis");
        outcome.Failure!.Steps.Should().Equal("monitoring", "kong");
        outcome.Failure.Message.Should().Contain("no chart of this name").And.Contain("no such value");
        outcome.Said.Should().Contain(s => s.StartsWith("failed, what does not need it goes on: "));
    }

    [Fact]
    public async Task What_the_controller_is_working_on_is_left_alone()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        driver.Scripts["monitoring"] = (release, look) =>
        {
            var status = FluxDriver.Status(release, "Unknown", "Progressing", "Running 'install' action");
            return look < 20 ? status : FluxDriver.Ready(release);
        };
        driver.Besides = async () =>
        {
            if ((await HelmSecretsAsync(client)).Count == 0)
            {
                await WriteHelmAsync(client, "monitoring", 1, "pending-install");
            }
        };
        await ApplyReleaseAsync(client);

        var outcome = await RunAsync(Choose("monitoring"));

        outcome.Failure.Should().BeNull();
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

    private static async Task SuspendAsync(KubernetesClient client)
    {
        var suspend = new JsonObject { ["spec"] = new JsonObject { ["suspend"] = true } };
        await client.PatchAsync(s_release, PatchKind.Merge, suspend, null, Token);
    }

    private static async Task WriteSourceAsync(KubernetesClient client, Func<JsonObject, JsonObject> status)
    {
        var reference = new ObjectReference(
            "source.toolkit.fluxcd.io/v1",
            "OCIRepository",
            PlatformService.Namespace,
            "monitoring"
        );
        if (await client.FindAsync(reference, Token) is { } source && source["status"]?["conditions"] is null)
        {
            source["status"] = status(source);
            await client.ReplaceAsync(source, new WriteOptions { Subresource = "status" }, Token);
        }
    }
}
