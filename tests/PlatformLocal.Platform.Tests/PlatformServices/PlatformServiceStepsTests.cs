using System.Text.Json.Nodes;
using PlatformLocal.Core;
using PlatformLocal.Core.Environments;
using PlatformLocal.Kubernetes;
using PlatformLocal.Platform.PlatformServices;
using PlatformLocal.Platform.PlatformServices.Installation;

namespace PlatformLocal.Platform.Tests.PlatformServices;

/// <summary>The whole installation on a real API server, with a driver in the place of Flux's controllers.</summary>
public sealed class PlatformServiceStepsTests(ServicesServer server) : ServiceStepsTests(server)
{
    [Fact]
    public async Task Everything_is_installed_in_order_and_a_second_run_changes_nothing()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await RemoveFluxKindsAsync(client);
        await using var driver = new FluxDriver(client);
        var choice = Choose("postgres,elasticsearch,monitoring", Server.FluxManifests());
        driver.Besides = () => ReportElasticsearchAsync(client, "Ready", "yellow");

        var first = await RunAsync(choice);
        var written = await WrittenAsync(client);
        var second = await RunAsync(choice);

        first.Failure.Should().BeNull();
        first.Ended.Should().HaveCount(5).And.ContainInOrder("secrets", "postgres");
        first.Ended.Should().ContainInOrder("flux", "monitoring").And.ContainInOrder("flux", "elasticsearch");
        driver.Began.Should().ContainInOrder("eck-operator", "elasticsearch");
        first.Said.Should().Contain(s => s.StartsWith("waits for HelmRelease platform-system/monitoring: "));
        second.Failure.Should().BeNull();
        (await WrittenAsync(client)).Should().BeEquivalentTo(written);
        second.Said.Should().NotContain(s => s.StartsWith("installs") || s.StartsWith("made up"));
    }

    [Fact]
    public async Task A_run_that_is_broken_off_at_a_service_is_gone_on_with()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await RemoveFluxKindsAsync(client);
        await using var driver = new FluxDriver(client);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        driver.Scripts["monitoring"] = (release, _) =>
            stop.IsCancellationRequested ? FluxDriver.Ready(release) : FluxDriver.Lagging(release);
        var choice = Choose("monitoring,redis", Server.FluxManifests());

        var run = () =>
            RunAsync(
                choice,
                onReport: said =>
                {
                    if (said.Contains("waits for HelmRelease"))
                    {
                        stop.Cancel();
                    }
                },
                stop: stop.Token
            );
        await run.Should().ThrowAsync<OperationCanceledException>();
        var password = (await SecretAsync(client, "redis-credentials"))["password"];
        var again = await RunAsync(choice);

        again.Failure.Should().BeNull();
        again.Ended.Should().BeEquivalentTo("flux", "secrets", "monitoring", "redis");
        again.Said.Should().NotContain(s => s.StartsWith("installs Flux"));
        (await SecretAsync(client, "redis-credentials"))["password"].Should().Be(password);
    }

    [Fact]
    public async Task A_flux_that_the_cluster_has_is_used_and_stays()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await RemoveFluxKindsAsync(client);
        await ServicesServer.ApplyKindsAsync(client, "somebody-else", Token);

        await using var driver = new FluxDriver(client);
        // A Flux that an earlier test installed goes with it, and no namespace goes by itself on this server.
        driver.Besides = () => FinalizeNamespaceAsync(client, "flux-system");

        var outcome = await RunAsync(Choose("monitoring", "/no/such/file"), oldest: 99);
        await RemoveAsync(Choose("monitoring", "/no/such/file"));

        outcome.Failure.Should().BeNull();
        outcome.Said.Should().Contain("uses the Flux that the cluster has");
        (await client.ListAsync("helm.toolkit.fluxcd.io/v2", "HelmRelease", null, null, Token))
            .Items.Should()
            .BeEmpty();
    }

    [Fact]
    public async Task A_service_waits_for_those_it_depends_on()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        var steps = new PlatformServiceSteps(Choose("infisical"), _ => throw new InvalidOperationException()).After(
            "cluster"
        );

        steps
            .ToDictionary(s => s.Name, s => s.DependsOn)
            .Should()
            .BeEquivalentTo(
                new Dictionary<string, string[]>
                {
                    ["flux"] = ["cluster"],
                    ["secrets"] = ["cluster"],
                    ["postgres"] = ["secrets"],
                    ["redis"] = ["secrets"],
                    ["infisical"] = ["secrets", "flux", "postgres", "redis"],
                }
            );
    }

    [Fact]
    public async Task Buckets_are_made_as_soon_as_the_object_store_answers()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        await using var store = new HealthServer();
        await PublishAsync(client, "minio", 9000, store);

        var outcome = await RunAsync(
            Choose("minio"),
            onReport: said =>
            {
                // Only after somebody was told what is waited for.
                if (said.Contains("/minio/health/ready"))
                {
                    store.IsWell = true;
                }
            }
        );

        outcome.Failure.Should().BeNull();
        outcome
            .Said.Should()
            .Contain(s => s.StartsWith("waits for /minio/health/ready of Service platform-system/minio"));
        store.Asked.Should().Contain("/minio/health/ready");
    }

    [Fact]
    public async Task Secrets_are_made_up_once_and_what_is_there_stays()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        var given = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject
            {
                ["name"] = "postgres-credentials",
                ["namespace"] = PlatformService.Namespace,
            },
            ["stringData"] = new JsonObject { ["postgres"] = "chosen by hand" },
        };
        await client.CreateAsync(given, null, Token);

        var outcome = await RunAsync(Choose("postgres,redis", delivery: DeliveryKinds.Direct));

        outcome.Failure.Should().BeNull();
        var postgres = await SecretAsync(client, "postgres-credentials");
        postgres["postgres"].Should().Be("chosen by hand");
        postgres["infisical"].Should().MatchRegex("^[0-9a-f]{40}$").And.NotBe(postgres["authentik"]);
        var redis = await SecretAsync(client, "redis-credentials");
        redis["redis.conf"].Should().Be($"requirepass {redis["password"]}\n");
        outcome.Ended.Should().BeEquivalentTo("secrets", "postgres", "redis");
    }

    [Fact]
    public async Task A_secret_is_composed_of_those_of_other_services()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        var installer = new SecretInstaller(client, _ => { });
        foreach (string name in new[] { "postgres", "redis", "infisical" })
        {
            await installer.EnsureAsync(PlatformServiceCatalogue.Find(name)!, Token);
        }

        var infisical = await SecretAsync(client, "infisical-secrets");

        var password = (await SecretAsync(client, "postgres-credentials"))["infisical"];
        infisical["DB_CONNECTION_URI"]
            .Should()
            .Be($"postgresql://infisical:{password}@postgres.platform-system.svc:5432/infisical");
        infisical["ENCRYPTION_KEY"].Should().MatchRegex("^[0-9a-f]{32}$");
        Convert.FromBase64String(infisical["AUTH_SECRET"]).Should().HaveCount(32);
    }

    [Fact]
    public async Task Flux_is_refused_where_Kubernetes_is_too_old()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        var version = await client.GetVersionAsync(Token);
        Assert.SkipUnless(version.Minor < 33, $"the API server is {version.GitVersion}, new enough for Flux");
        await RemoveFluxKindsAsync(client);

        var outcome = await RunAsync(Choose("monitoring", Server.FluxManifests()), oldest: 33);

        outcome.Failure!.Kind.Should().Be(FailureKind.InvalidInput);
        outcome
            .Failure.Message.Should()
            .Contain("needs Kubernetes 1.33 or newer")
            .And.Contain($"Kubernetes {version.GitVersion}");
        outcome.Failure.NextStep.Should().Contain("--services none").And.Contain("--delivery direct");
    }

    [Fact]
    public async Task A_pod_that_cannot_get_its_image_fails_its_service()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await WritePodWithoutImageAsync(client);

        var outcome = await RunAsync(
            Choose("cedar-agent", delivery: DeliveryKinds.Direct),
            patience: TimeSpan.FromMilliseconds(200)
        );

        outcome
            .Failure!.Message.Should()
            .Contain("Deployment platform-system/cedar-agent failed")
            .And.Contain("Pod cedar-agent-1, container cedar-agent: ImagePullBackOff: no such image");
    }

    [Fact]
    public async Task What_was_installed_can_be_taken_back()
    {
        using var client = await Server.ConnectWithKindsAsync(Token);
        await RemoveFluxKindsAsync(client);
        await using var driver = new FluxDriver(client);
        var choice = Choose("monitoring,redis", Server.FluxManifests());
        (await RunAsync(choice)).Failure.Should().BeNull();
        driver.Besides = () => FinalizeNamespaceAsync(client, "flux-system");
        foreach (string owner in new[] { "monitoring", "somebody-else" })
        {
            await ClaimVolumeAsync(client, owner);
        }

        await RemoveAsync(choice);

        (await client.FindAsync(new("apps/v1", "Deployment", PlatformService.Namespace, "redis"), Token))
            .Should()
            .BeNull();
        (await client.FindAsync(new("v1", "Secret", PlatformService.Namespace, "redis-credentials"), Token))
            .Should()
            .BeNull();
        var volumes = await client.ListAsync("v1", "PersistentVolumeClaim", PlatformService.Namespace, null, Token);
        volumes
            .Items.Where(v => !v.IsTerminating())
            .Select(v => v.Metadata().Text("name"))
            .Should()
            .Equal("somebody-else");
        (await client.ListAsync("apiextensions.k8s.io/v1", "CustomResourceDefinition", null, null, Token))
            .Items.Select(i => i.Metadata().Text("name"))
            .Should()
            .NotContain(n => n!.EndsWith("fluxcd.io"));
    }
}
