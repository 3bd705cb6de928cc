using System.Collections.Concurrent;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using PlatformLocal.Kubernetes;
using PlatformLocal.Services;
using PlatformLocal.Services.Choosing;
using PlatformLocal.Services.Installation;
using PlatformLocal.Steps;
using PlatformLocal.Tests.Testing;

namespace PlatformLocal.Tests.Services;

/// <summary>The whole installation on a real API server, with a driver in the place of Flux's controllers.</summary>
public sealed class PlatformServiceStepsTests(ServicesServer server) : IClassFixture<ServicesServer>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everything_is_installed_in_order_and_a_second_run_changes_nothing()
    {
        using var client = await server.ConnectWithKindsAsync(Token);
        await RemoveFluxKindsAsync(client);
        await using var driver = new FluxDriver(client);
        var choice = Choose("postgres,elasticsearch,cert-manager", server.FluxManifests());
        driver.Besides = () => ReportElasticsearchAsync(client, "Ready", "yellow");

        var first = await RunAsync(choice);
        var written = await WrittenAsync(client);
        var second = await RunAsync(choice);

        first.Failure.Should().BeNull();
        first.Ended.Should().HaveCount(5).And.ContainInOrder("secrets", "postgres");
        first.Ended.Should().ContainInOrder("flux", "cert-manager").And.ContainInOrder("flux", "elasticsearch");
        driver.Began.Should().ContainInOrder("eck-operator", "elasticsearch");
        first.Said.Should().Contain(s => s.StartsWith("waits for HelmRelease platform-system/cert-manager: "));
        second.Failure.Should().BeNull();
        (await WrittenAsync(client)).Should().BeEquivalentTo(written);
        second.Said.Should().NotContain(s => s.StartsWith("installs") || s.StartsWith("made up"));
    }

    [Fact]
    public async Task A_service_waits_for_those_it_depends_on()
    {
        using var client = await server.ConnectWithKindsAsync(Token);
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
        using var client = await server.ConnectWithKindsAsync(Token);
        await using var driver = new FluxDriver(client);
        await using var store = new HealthServer();
        await PublishAsync(client, "minio", 9000, store);
        string? made = null;

        var outcome = await RunAsync(
            Choose("minio"),
            make: (chosen, _, _, _) =>
            {
                made = chosen.Service.Name;
                return Task.CompletedTask;
            },
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
        outcome.Ended.Should().EndWith("buckets and policies");
        made.Should().Be("minio");
    }

    [Fact]
    public async Task A_status_of_an_older_generation_does_not_count()
    {
        using var client = await server.ConnectWithKindsAsync(Token);
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
        using var client = await server.ConnectWithKindsAsync(Token);
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
        using var client = await server.ConnectWithKindsAsync(Token);
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
        using var client = await server.ConnectWithKindsAsync(Token);
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
        using var client = await server.ConnectWithKindsAsync(Token);
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
        using var client = await server.ConnectWithKindsAsync(Token);
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
        using var client = await server.ConnectWithKindsAsync(Token);
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
        using var client = await server.ConnectWithKindsAsync(Token);
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
        using var client = await server.ConnectWithKindsAsync(Token);
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

    [Fact]
    public async Task Secrets_are_made_up_once_and_what_is_there_stays()
    {
        using var client = await server.ConnectWithKindsAsync(Token);
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
        using var client = await server.ConnectWithKindsAsync(Token);
        var installer = new SecretInstaller(client, _ => { });
        foreach (string name in new[] { "postgres", "redis", "infisical" })
        {
            await installer.EnsureAsync(PlatformServices.Find(name)!, Token);
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
        using var client = await server.ConnectWithKindsAsync(Token);
        var version = await client.GetVersionAsync(Token);
        Assert.SkipUnless(version.Minor < 33, $"the API server is {version.GitVersion}, new enough for Flux");
        await RemoveFluxKindsAsync(client);

        var outcome = await RunAsync(Choose("cert-manager", server.FluxManifests()), oldest: 33);

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
        using var client = await server.ConnectWithKindsAsync(Token);
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
        using var client = await server.ConnectWithKindsAsync(Token);
        await RemoveFluxKindsAsync(client);
        await using var driver = new FluxDriver(client);
        using var folder = new TemporaryFolder();
        var choice = Choose("cert-manager,redis", server.FluxManifests());
        (await RunAsync(choice, journal: folder)).Failure.Should().BeNull();
        driver.Besides = () => FinalizeNamespaceAsync(client, "flux-system");

        await UndoAsync(choice, folder);

        (await client.FindAsync(new("apps/v1", "Deployment", PlatformService.Namespace, "redis"), Token))
            .Should()
            .BeNull();
        (await client.FindAsync(new("v1", "Secret", PlatformService.Namespace, "redis-credentials"), Token))
            .Should()
            .BeNull();
        (await client.ListAsync("apiextensions.k8s.io/v1", "CustomResourceDefinition", null, null, Token))
            .Items.Select(i => i.Metadata().Text("name"))
            .Should()
            .NotContain(n => n!.EndsWith("fluxcd.io"));
    }

    private async Task<Outcome> RunAsync(
        ServiceChoice choice,
        Func<ChosenService, KubernetesClient, StepContext, CancellationToken, Task>? make = null,
        TimeSpan? timeout = null,
        TimeSpan? patience = null,
        int oldest = 0,
        TemporaryFolder? journal = null,
        Action<string>? onReport = null
    )
    {
        using var own = new TemporaryFolder();
        var said = new ConcurrentQueue<string>();
        var ended = new ConcurrentQueue<string>();
        using var log = StepJournal.Open(Path.Combine((journal ?? own).Path, "journal"), TimeProvider.System);
        var runner = new StepRunner(
            new StepGraph(StepsOf(choice, make, timeout, patience, oldest)),
            log,
            TimeProvider.System,
            new StepRunnerOptions
            {
                OnEvent = e =>
                {
                    if (e.Kind == StepEventKind.Progress)
                    {
                        said.Enqueue(e.Message);
                        onReport?.Invoke(e.Message);
                    }
                    else if (e.Kind == StepEventKind.Done)
                    {
                        ended.Enqueue(e.Step);
                    }
                },
            }
        );
        try
        {
            await runner.RunAsync(Token);
            return new Outcome([.. said], [.. ended], null);
        }
        catch (StepsFailedException e)
        {
            return new Outcome([.. said], [.. ended], e);
        }
    }

    private async Task UndoAsync(ServiceChoice choice, TemporaryFolder folder)
    {
        using var log = StepJournal.Open(Path.Combine(folder.Path, "journal"), TimeProvider.System);
        await new StepRunner(new StepGraph(StepsOf(choice)), log, TimeProvider.System).UndoAsync(Token);
    }

    private IReadOnlyList<Step> StepsOf(
        ServiceChoice choice,
        Func<ChosenService, KubernetesClient, StepContext, CancellationToken, Task>? make = null,
        TimeSpan? timeout = null,
        TimeSpan? patience = null,
        int oldest = 0
    ) =>
        new PlatformServiceSteps(
            choice,
            _ => server.ConnectAsync(),
            new ServiceInstallationOptions
            {
                Interval = TimeSpan.FromMilliseconds(20),
                Timeout = timeout ?? TimeSpan.FromSeconds(20),
                Patience = patience ?? TimeSpan.FromMinutes(1),
                OldestKubernetes = oldest,
            }
        )
        {
            MakeBucketsAsync = make,
        }.After();

    private static ServiceChoice Choose(
        string wish,
        string? fluxManifests = null,
        string delivery = DeliveryKinds.Flux
    ) => ServiceChoice.Of(wish, delivery, new PlatformServiceSettings { FluxManifests = fluxManifests });

    private static async Task RemoveFluxKindsAsync(KubernetesClient client)
    {
        foreach (var kind in ServicesServer.FluxKinds().Select(ObjectReference.Of))
        {
            await client.DeleteAsync(kind, null, Token);
            while (await client.FindAsync(kind, Token) is not null)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
            }
        }
    }

    // What is stored, and in which generation: a run that changes nothing leaves all of them.
    private static async Task<Dictionary<string, string?>> WrittenAsync(KubernetesClient client)
    {
        var all = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (
            var (apiVersion, kind) in new[]
            {
                ("helm.toolkit.fluxcd.io/v2", "HelmRelease"),
                ("source.toolkit.fluxcd.io/v1", "HelmRepository"),
                ("source.toolkit.fluxcd.io/v1", "OCIRepository"),
                ("apps/v1", "StatefulSet"),
                ("v1", "Secret"),
                ("v1", "ConfigMap"),
            }
        )
        {
            foreach (
                var item in (await client.ListAsync(apiVersion, kind, PlatformService.Namespace, null, Token)).Items
            )
            {
                all[$"{kind} {item.Metadata().Text("name")}"] =
                    item.Metadata().Integer("generation")?.ToString() ?? item.ResourceVersion();
            }
        }

        return all;
    }

    private static async Task ReportElasticsearchAsync(KubernetesClient client, string phase, string health)
    {
        const string apiVersion = "elasticsearch.k8s.elastic.co/v1";
        if (await client.Resources.FindAsync(apiVersion, "Elasticsearch", Token) is null)
        {
            var kind = (JsonObject)
                JsonNode.Parse(
                    """
                    {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
                     "metadata":{"name":"elasticsearches.elasticsearch.k8s.elastic.co"},
                     "spec":{"group":"elasticsearch.k8s.elastic.co","scope":"Namespaced",
                     "names":{"kind":"Elasticsearch","plural":"elasticsearches","singular":"elasticsearch","listKind":"ElasticsearchList"},
                     "versions":[{"name":"v1","served":true,"storage":true,
                     "schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}}
                    """
                )!;
            await client.ApplyAsync(kind, new WriteOptions { Force = true }, Token);
            return;
        }

        await client.ApplyAsync(
            new JsonObject
            {
                ["apiVersion"] = apiVersion,
                ["kind"] = "Elasticsearch",
                ["metadata"] = new JsonObject { ["name"] = "es", ["namespace"] = PlatformService.Namespace },
                ["status"] = new JsonObject { ["phase"] = phase, ["health"] = health },
            },
            new WriteOptions { Force = true, FieldManager = "operator" },
            Token
        );
    }

    private static async Task WriteHelmAsync(KubernetesClient client, string release, int version, string status) =>
        await client.CreateAsync(
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Secret",
                ["type"] = "helm.sh/release.v1",
                ["metadata"] = new JsonObject
                {
                    ["name"] = $"sh.helm.release.v1.{release}.v{version}",
                    ["namespace"] = PlatformService.Namespace,
                    ["labels"] = new JsonObject
                    {
                        ["owner"] = "helm",
                        ["name"] = release,
                        ["version"] = $"{version}",
                        ["status"] = status,
                    },
                },
            },
            null,
            Token
        );

    private static async Task<List<string>> HelmSecretsAsync(KubernetesClient client)
    {
        var secrets = await client.ListAsync(
            "v1",
            "Secret",
            PlatformService.Namespace,
            new ListOptions { LabelSelector = "owner=helm" },
            Token
        );
        return [.. secrets.Items.Select(s => s.Metadata().Text("name")!)];
    }

    // As a run that was killed leaves it: asked for, and the controller at work.
    private static async Task ApplyReleaseAsync(KubernetesClient client)
    {
        var chosen = Choose("cert-manager").Services.Single();
        await client.ApplyAsync(
            PlatformLocal.Services.Flux.FluxObjects.Release(chosen, chosen.Service.Charts[0]),
            new WriteOptions { Force = true },
            Token
        );
    }

    private static async Task<Dictionary<string, string>> SecretAsync(KubernetesClient client, string name)
    {
        var secret = await client.GetAsync(new("v1", "Secret", PlatformService.Namespace, name), Token);
        return secret
            .Child("data")!
            .ToDictionary(
                d => d.Key,
                d => Encoding.UTF8.GetString(Convert.FromBase64String(d.Value!.GetValue<string>()))
            );
    }

    private static async Task WritePodWithoutImageAsync(KubernetesClient client)
    {
        var pod = (JsonObject)
            JsonNode.Parse(
                """
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"cedar-agent-1","namespace":"platform-system",
                 "labels":{"app.kubernetes.io/name":"cedar-agent"}},"spec":{"containers":[{"name":"cedar-agent","image":"example.test/a"}]}}
                """
            )!;
        var made = await client.CreateAsync(pod, null, Token);
        made["status"] = JsonNode.Parse(
            """
            {"phase":"Pending","containerStatuses":[{"name":"cedar-agent","image":"example.test/a","imageID":"","ready":false,
             "restartCount":0,"state":{"waiting":{"reason":"ImagePullBackOff","message":"no such image"}}}]}
            """
        );
        await client.ReplaceAsync(made, new WriteOptions { Subresource = "status" }, Token);
    }

    private static async Task FinalizeNamespaceAsync(KubernetesClient client, string name)
    {
        if (await client.FindAsync(new("v1", "Namespace", null, name), Token) is { } found && found.IsTerminating())
        {
            found["spec"] = new JsonObject { ["finalizers"] = new JsonArray() };
            await client.ReplaceAsync(found, new WriteOptions { Subresource = "finalize" }, Token);
        }
    }

    // The API server does not proxy to loopback addresses.
    private static async Task PublishAsync(KubernetesClient client, string name, int port, HealthServer target)
    {
        var address = NetworkInterface
            .GetAllNetworkInterfaces()
            .Where(n => n.OperationalStatus == OperationalStatus.Up)
            .SelectMany(n => n.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address)
            .FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a));
        Assert.SkipWhen(address is null, "this machine has no address but its loopback ones");
        foreach (
            string item in new[]
            {
                $$$"""{"apiVersion":"v1","kind":"Service","spec":{"ports":[{"name":"http","port":{{{port}}},"protocol":"TCP"}]}}""",
                """{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"server","image":"example.test/server"}]}}""",
                $$$"""
                    {"apiVersion":"v1","kind":"Endpoints","subsets":[{"ports":[{"name":"http","port":{{{target.Port}}},"protocol":"TCP"}],
                     "addresses":[{"ip":"{{{address}}}","targetRef":{"kind":"Pod","namespace":"platform-system","name":"{{{name}}}"}}]}]}
                    """,
            }
        )
        {
            var parsed = (JsonObject)JsonNode.Parse(item)!;
            parsed["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = PlatformService.Namespace };
            var made = await client.CreateAsync(parsed, null, Token);
            if (made.Text("kind") == "Pod")
            {
                // Without an own address of a pod the server does not proxy.
                made["status"] = JsonNode.Parse($$"""{"podIP":"{{address}}","podIPs":[{"ip":"{{address}}"}]}""");
                await client.ReplaceAsync(made, new WriteOptions { Subresource = "status" }, Token);
            }
        }
    }

    private sealed record Outcome(
        IReadOnlyList<string> Said,
        IReadOnlyList<string> Ended,
        StepsFailedException? Failure
    );
}
