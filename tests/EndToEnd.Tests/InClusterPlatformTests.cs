using System.Diagnostics;
using System.Text.Json.Nodes;

namespace PlatformLocal.EndToEnd.Tests;

/// <summary>What people do with a platform on Kind, against real parts: images, queues, databases, nodes.</summary>
[Collection(KindTests.Name)]
public sealed class InClusterPlatformTests(InClusterPlatform platform) : IClassFixture<InClusterPlatform>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_platform_api_runs_in_the_cluster_with_least_rights_and_one_leader()
    {
        platform.Require();

        var status = await platform.RunAsync("platform-status", "--output", "json");
        var pods = JsonNode.Parse(
            await platform.KubectlAsync(
                "get",
                "pods",
                "-n",
                "platform-system",
                "-l",
                "app.kubernetes.io/name=platform-api",
                "-o",
                "json"
            )
        )!["items"]!.AsArray();
        var mayDelete = await MayAsync("delete", "nodes");
        var mayRead = await MayAsync("get", "secrets", "--namespace=kube-system");
        var mayChange = await MayAsync("create", "deployments", "--namespace=kube-system");
        var mayLook = await MayAsync("list", "pods", "--all-namespaces");

        status.ExitCode.Should().Be(0, status.Error);
        status.Json["simulated"]!.GetValue<bool>().Should().BeFalse();
        pods.Should().HaveCount(2);
        pods.Select(p => (string)p!["metadata"]!["name"]!).Should().Contain(await platform.LeaderAsync());
        pods.Should()
            .OnlyContain(p =>
                (bool)p!["spec"]!["containers"]![0]!["securityContext"]!["readOnlyRootFilesystem"]!
                && (bool)p["spec"]!["securityContext"]!["runAsNonRoot"]!
            );
        (mayDelete, mayRead, mayChange, mayLook).Should().Be((false, false, false, true));

        async Task<bool> MayAsync(params string[] question)
        {
            string account = "--as=system:serviceaccount:platform-system:platform-api";
            return (await platform.TryKubectlAsync(["auth", "can-i", account, .. question])).Output.Trim() == "yes";
        }
    }

    [Fact]
    public async Task The_platform_api_is_found_where_the_host_s_port_is_not_as_in_a_container()
    {
        platform.Require();
        var file = System.IO.Path.Combine(platform.Folder, "endpoint.json");
        var endpoint = await System.IO.File.ReadAllTextAsync(file, Token);
        var elsewhere = JsonNode.Parse(endpoint)!;
        elsewhere["address"] = "http://127.0.0.1:1/";
        await System.IO.File.WriteAllTextAsync(file, elsewhere.ToJsonString(), Token);

        try
        {
            var status = await platform.RunAsync("platform-status", "--output", "json");

            status.ExitCode.Should().Be(0, status.Error);
            status.Json["parts"]!.AsArray().Single(p => (string)p!["name"]! == "platform API")!["where"]!
                .GetValue<string>()
                .Should()
                .EndWith(":30080/");
        }
        finally
        {
            await System.IO.File.WriteAllTextAsync(file, endpoint, Token);
        }
    }

    [Fact]
    public void Ctrl_C_at_any_step_ends_the_run_and_the_next_one_goes_on()
    {
        platform.Require();

        platform.Interrupted.Should().HaveCount(7);
        foreach (var (step, outcome) in platform.Interrupted)
        {
            // A step that was over before the signal came leaves a run that was done.
            outcome.ExitCode.Should().BeOneOf([130, 0], $"of the step '{step}': {outcome.Error}");
            if (outcome.ExitCode == 130)
            {
                outcome.Error.Should().Contain("goes on where it was", $"of the step '{step}'");
            }
        }

        platform.Interrupted.Should().Contain(i => i.Step == "cluster" && i.Outcome.ExitCode == 130);
    }

    [Fact]
    public async Task Creating_it_again_changes_nothing_and_says_where_the_time_goes()
    {
        platform.Require();
        var before = await platform.KubectlAsync("get", "pods", "-n", "platform-system", "-o", "name");

        var again = await platform.CreateAgainAsync();

        again.ExitCode.Should().Be(0, again.Error);
        again.Error.Should().Contain("longest chain");
        (await platform.KubectlAsync("get", "pods", "-n", "platform-system", "-o", "name")).Should().Be(before);
    }

    [Fact]
    public async Task A_measurement_goes_through_a_real_queue_into_a_real_database_and_survives_an_upgrade()
    {
        platform.Require();
        var deployed = await platform.DeployAsync(
            """{"environment_name":"series","services":{"measurements":"1.0.0"}}"""
        );
        deployed.ExitCode.Should().Be(0, deployed.Error);
        var body = Path.GetTempFileName();
        await File.WriteAllTextAsync(body, "42.5", Token);

        await platform.KubectlAsync(
            "create",
            "--raw",
            "/api/v1/namespaces/env-series/services/measurements:http/proxy/measurements/temperature",
            "-f",
            body
        );
        File.Delete(body);
        var upgraded = await platform.DeployAsync(
            """{"environment_name":"series","services":{"measurements":"1.1.0"}}"""
        );

        upgraded.ExitCode.Should().Be(0, upgraded.Error);
        (await UntilAsync("series", "measurements", "measurements/temperature", "42.5")).Should().Contain("42.5");
        (await platform.FetchAsync("series", "measurements", "")).Should().Contain("hello from 1.1.0");
        await DestroyAsync("series");
        (await platform.KubectlAsync("get", "persistentvolumeclaims", "-A", "-o", "name"))
            .Should()
            .NotContain("influxdb");
    }

    [Fact]
    public async Task A_service_that_never_gets_ready_says_what_its_probe_heard_and_a_better_one_heals_it()
    {
        platform.Require();

        var broken = await platform.DeployAsync(
            """{"environment_name":"broken","services":{"hello":"1.0.0"},"variables":{"BROKEN":"true"}}"""
        );
        var healed = await platform.DeployAsync("""{"environment_name":"broken","services":{"hello":"1.1.0"}}""");

        broken.ExitCode.Should().Be(3);
        broken.Output.Should().Contain("503").And.Contain("hello");
        healed.ExitCode.Should().Be(0, healed.Error);
        (await platform.FetchAsync("broken", "hello", "")).Should().Contain("hello from 1.1.0");
        await DestroyAsync("broken");
    }

    [Fact]
    public async Task An_image_that_cannot_be_pulled_is_told_within_a_minute_with_its_node_and_what_the_registry_said()
    {
        platform.Require();
        var clock = Stopwatch.StartNew();

        var failed = await platform.DeployAsync(
            """{"environment_name":"absent","services":{"hello":{"version":"1.0.0","docker_image":"localhost:5001/e2e/nowhere:9"}}}"""
        );

        clock.Elapsed.Should().BeLessThan(TimeSpan.FromMinutes(1));
        failed.ExitCode.Should().NotBe(0);
        failed.Output.Should().Contain("localhost:5001/e2e/nowhere:9").And.Contain("not found");
        failed.Output.Should().Contain($"{InClusterPlatform.Name}-control-plane");
        await DestroyAsync("absent");
    }

    [Fact]
    public async Task A_deployment_goes_on_when_the_leader_is_killed_in_the_middle()
    {
        platform.Require();
        var leader = await platform.LeaderAsync();

        var deploying = platform.DeployAsync("""{"environment_name":"steady","services":{"hello":"1.0.0"}}""");
        await platform.KubectlAsync(
            "delete",
            "pod",
            "-n",
            "platform-system",
            leader,
            "--grace-period=0",
            "--force",
            "--wait=false"
        );
        var deployed = await deploying;

        deployed.ExitCode.Should().Be(0, deployed.Error);
        (await platform.LeaderAsync()).Should().NotBe(leader);
        (await platform.FetchAsync("steady", "hello", "")).Should().Contain("hello from 1.0.0");
        await DestroyAsync("steady");
    }

    [Fact]
    public async Task An_image_that_is_loaded_is_on_the_node_and_one_that_is_missing_is_named()
    {
        platform.Require();
        await Programs.MustRunAsync("docker", "tag", Programs.BaseImage!, "e2e/loaded:1");

        var loaded = await platform.RunAsync("image", "load", "e2e/loaded:1");
        await Programs.RunAsync("docker", "rmi", "e2e/loaded:1");
        var missing = await platform.RunAsync("image", "push", "e2e/missing:1");
        var onNode = await Programs.RunAsync(
            "docker",
            "exec",
            $"{InClusterPlatform.Name}-control-plane",
            "ctr",
            "-n",
            "k8s.io",
            "images",
            "ls",
            "-q"
        );

        loaded.ExitCode.Should().Be(0, loaded.Error);
        onNode.Output.Should().Contain("e2e/loaded:1");
        missing.ExitCode.Should().Be(1);
        missing.Error.Should().Contain("e2e/missing:1");
    }

    [Fact]
    public async Task An_environment_expires_by_itself()
    {
        platform.Require();
        var expires = TimeProvider.System.GetUtcNow().AddSeconds(25).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");

        var deployed = await platform.DeployAsync(
            $$"""{"environment_name":"brief","services":{"hello":"1.0.0"},"expiration_date":"{{expires}}"}"""
        );
        deployed.ExitCode.Should().Be(0, deployed.Error);
        var gone = await platform.TryKubectlAsync("wait", "--for=delete", "namespace/env-brief", "--timeout=180s");

        // kubectl of 1.20 fails when what it waits for is gone before it looks.
        if (gone.ExitCode != 0 && !gone.Error.Contains("not found"))
        {
            var known = await platform.RunAsync("get-environment", "brief", "--output", "json");
            var left = await platform.TryKubectlAsync("get", "namespace/env-brief", "-o", "yaml");
            var pods = await platform.TryKubectlAsync("get", "pods", "-n", "env-brief", "-o", "wide");
            var said = await platform.TryKubectlAsync(
                "logs",
                "-n",
                "platform-system",
                "-l",
                "app.kubernetes.io/name=platform-api",
                "--tail=100"
            );
            Assert.Fail($"{gone.Error}\n{known.Output}\n{left.Output}\n{pods.Output}\n{said.Output}");
        }
    }

    [Fact]
    public async Task A_prod_environment_gets_a_cluster_of_its_own_and_leaves_none()
    {
        platform.Require();

        var deployed = await platform.DeployAsync(
            """{"environment_name":"shop","environment_type":"prod","services":{"hello":"1.0.0"}}"""
        );
        var moved = await platform.DeployAsync(
            """{"environment_name":"shop","environment_type":"prod","services":{"hello":"1.0.0"}}""",
            "--isolation",
            "namespace"
        );
        var own = (await platform.RunAsync("kubeconfig", "--environment", "shop")).Output.Trim();
        var inOwn = await Programs.RunAsync("kubectl", "--kubeconfig", own, "get", "pods", "-n", "env-shop");

        deployed.ExitCode.Should().Be(0, deployed.Error);
        moved.ExitCode.Should().NotBe(0);
        moved.Error.Should().Contain("cannot move");
        inOwn.Output.Should().Contain("hello").And.Contain("Running");
        (await platform.KubectlAsync("get", "namespaces", "-o", "name")).Should().NotContain("env-shop");
        await DestroyAsync("shop");
        (await Programs.RunAsync("kind", "get", "clusters"))
            .Output.Should()
            .NotContain($"{InClusterPlatform.Name}-env-shop");
    }

    private async Task DestroyAsync(string environment)
    {
        var destroyed = await platform.RunAsync("destroy-environment", environment);
        destroyed.ExitCode.Should().Be(0, destroyed.Error);
        (await platform.KubectlAsync("get", "namespaces", "-o", "name")).Should().NotContain("env-" + environment);
    }

    private async Task<string> UntilAsync(string environment, string service, string path, string expected)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(Token);
        late.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            var found = await platform.FetchAsync(environment, service, path);
            if (found.Contains(expected))
            {
                return found;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, late.Token);
        }
    }
}
