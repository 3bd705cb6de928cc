using System.Text.Json;
using System.Text.Json.Nodes;
using Pipelines.Api;
using Pipelines.Tests.Testing;
using PlatformLocal.Deployment.ObjectStore;
using PlatformLocal.Testing;

namespace Pipelines.Tests.Modules;

/// <summary>The repository's own module: each function called as the engine would, with its commands really run.</summary>
public sealed class PlatformModuleTests(LoopbackEngine engine, S3Server s3) : IClassFixture<LoopbackEngine>
{
    private const string Claim = """
        {"environment_name": "from-dagger", "environment_type": "dev", "services": {"user-service": "^1.4.0"}}
        """;

    [Fact]
    public async Task The_module_has_the_functions_and_flags_of_the_design()
    {
        var description = await (await CallAsync()).DescribeAsync();

        var functions = description
            .GetProperty("objects")[0]
            .GetProperty("functions")
            .EnumerateArray()
            .ToDictionary(NameOf, f => f.GetProperty("args").EnumerateArray().Select(NameOf).ToList());
        functions
            .Keys.Should()
            .BeEquivalentTo(
                "createLocalPlatform",
                "deployEnvironment",
                "planEnvironment",
                "destroyEnvironment",
                "destroyLocalPlatform",
                "platformStatus",
                "listEnvironments",
                "build",
                "test",
                "publish",
                "publishStaticEnvironments",
                "endToEnd",
                "mainPipeline"
            );
        functions["createLocalPlatform"].Should().Contain("dockerSocket");
        functions["deployEnvironment"]
            .Should()
            .Contain(["payload", "file", "deployOnlySpecified", "useDevTags", "rollback", "dockerSocket"]);
        functions["planEnvironment"].Should().Contain(["payload", "file", "deployOnlySpecified", "useDevTags"]);
    }

    [Fact]
    public async Task Only_building_may_be_cached()
    {
        var description = await (await CallAsync()).DescribeAsync();

        description
            .GetProperty("objects")[0]
            .GetProperty("functions")
            .EnumerateArray()
            .Where(f => f.GetProperty("policy").GetString() != "Never")
            .Select(NameOf)
            .Should()
            .Equal("build");
    }

    [Fact]
    public async Task A_platform_is_created_used_and_removed_by_functions_alone()
    {
        var call = await CallAsync();
        using var folder = new TemporaryFolder();
        var file = folder.Write("claim.json", Claim);
        try
        {
            var created = Json(await call.RunAsync("create-local-platform"));
            created["cluster"]!.ToJsonString().Should().Contain("embedded");

            var plan = Json(await call.RunAsync("plan-environment", "--payload", Claim));
            plan.ToJsonString().Should().Contain("user-service");

            var deployed = Json(await call.RunAsync("deploy-environment", "--file", file, "--deploy-only-specified"));
            deployed["environment_name"]!.GetValue<string>().Should().Be("from-dagger");
            deployed["phase"]!.GetValue<string>().Should().BeEquivalentTo("ready");

            var back = Json(
                await call.RunAsync(
                    "deploy-environment",
                    "--payload",
                    """{"environment_name": "from-dagger"}""",
                    "--rollback",
                    "1"
                )
            );
            back["warnings"]!.ToJsonString().Should().Contain("put back to 1");

            (await call.RunAsync("platform-status")).Text.Should().Contain("embedded");
            (await call.RunAsync("list-environments")).Text.Should().Contain("from-dagger");
            (await call.RunAsync("destroy-environment", "--environment", "from-dagger"))
                .Text.Should()
                .Contain("from-dagger");
        }
        finally
        {
            var removed = await call.RunAsync("destroy-local-platform");
            removed.Error.Should().BeNull(removed.Message);
        }

        var again = await call.RunAsync("platform-status");
        again
            .Message.Should()
            .Be("There is no platform 'local'.\n  → Create it with: dagger call create-local-platform");
    }

    [Fact]
    public async Task With_the_Docker_socket_a_Kind_cluster_comes_is_used_and_goes()
    {
        const string socket = "/var/run/docker.sock";
        var nodeImage = Environment.GetEnvironmentVariable("LAB_NODE_IMAGE");
        var baseImage = Environment.GetEnvironmentVariable("LAB_BASE_IMAGE");
        Assert.SkipUnless(System.IO.File.Exists(socket), $"There is no Docker socket at {socket}.");
        Assert.SkipUnless(
            nodeImage is not null && baseImage is not null,
            "LAB_NODE_IMAGE or LAB_BASE_IMAGE is not set."
        );
        using var workspace = new TemporaryFolder();
        workspace.Write(
            "platform.yaml",
            """
            apiVersion: platform.local/v1alpha1
            kind: Platform
            metadata: {name: notes}
            spec: {services: services, catalogue: catalogue.yaml}
            """
        );
        workspace.Write(
            "catalogue.yaml",
            """
            apiVersion: platform.local/v1alpha1
            kind: Catalogue
            services: {notes: {versions: [1.0.0, 1.1.0]}}
            """
        );
        workspace.Write(
            "services/notes/service.yaml",
            """
            apiVersion: platform.local/v1alpha1
            kind: ServiceDefinition
            metadata: {name: notes}
            spec: {image: notes, manifests: manifests}
            """
        );
        workspace.Write(
            "services/notes/manifests/notes.yaml",
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: notes}
            data: {version: "${SERVICE_VERSION}"}
            """
        );
        string[] platform = ["--name", "from-dagger", "--workspace", workspace.Path];
        string[] withSocket = ["--docker-socket", socket];
        var call = await CallAsync();
        var hadRegistry = (await DockerAsync("container", "inspect", "kind-registry")).ExitCode == 0;
        try
        {
            var created = Json(
                await call.RunAsync([
                    .. platform,
                    "create-local-platform",
                    .. withSocket,
                    "--node-image",
                    nodeImage!,
                    "--base-image",
                    baseImage!,
                    "--services",
                    "none",
                ])
            );
            created["cluster"]!.ToJsonString().Should().Contain("kind");

            var deployed = Json(
                await call.RunAsync([
                    .. platform,
                    "deploy-environment",
                    "--payload",
                    """{"environment_name": "noted", "services": {"notes": "^1.0"}}""",
                    .. withSocket,
                ])
            );
            deployed["phase"]!.GetValue<string>().Should().BeEquivalentTo("ready");
            deployed["services"]![0]!["version"]!.GetValue<string>().Should().Be("1.1.0");

            // What the API server has is asked by a program that knows nothing of the platform.
            var seen = await DockerAsync(
                "exec",
                "from-dagger-control-plane",
                "kubectl",
                "--kubeconfig=/etc/kubernetes/admin.conf",
                "get",
                "configmap",
                "notes",
                "--namespace=env-noted",
                "--output=jsonpath={.data.version}"
            );
            seen.Output.Should().Be("1.1.0", seen.Errors);
        }
        finally
        {
            var removed = await call.RunAsync([.. platform, "destroy-local-platform", .. withSocket]);
            removed.Error.Should().BeNull(removed.Message);
            if (!hadRegistry)
            {
                await DockerAsync("rm", "--force", "--volumes", "kind-registry");
            }
        }

        (await DockerAsync("ps", "--all", "--quiet", "--filter", "name=from-dagger")).Output.Should().BeEmpty();

        static Task<LocalProcess> DockerAsync(params string[] arguments) => LocalProcess.RunAsync("docker", arguments);
    }

    [Theory]
    [InlineData("Give the claim with either --payload JSON or --file PATH.")]
    [InlineData("environment_name", "--payload", "{}")]
    [InlineData("--payload", "--payload", "{")]
    public async Task A_claim_that_is_none_is_refused_before_anything_runs(string message, params string[] flags)
    {
        var refused = await (await CallAsync()).RunAsync(["deploy-environment", .. flags]);

        refused.Message.Should().Contain(message);
        refused.Requests.Should().NotContain(r => r.Contains("withExec"));
    }

    [Fact]
    public async Task Claims_of_static_environments_are_all_read_before_one_is_written()
    {
        using var folder = new TemporaryFolder();
        folder.Write("good.json", """{"environment_name": "good"}""");
        folder.Write("other.json", """{"environment_name": "another"}""");
        folder.Write("none.json", "{");

        // Nobody listens at the address: a write would fail otherwise.
        var refused = await (await CallAsync()).RunAsync(
            "publish-static-environments",
            "--claims",
            folder.Path,
            "--endpoint",
            "http://127.0.0.1:1",
            "--access-key",
            "env:HOME",
            "--secret-key",
            "env:PATH"
        );

        refused.Message.Should().Contain("other.json: must be called another.json").And.Contain("none.json: ");
        refused.Message.Should().NotContain("good.json");
    }

    [Fact]
    public async Task Static_environments_become_what_the_folder_of_claims_is()
    {
        var endpoint = await s3.RequireAsync();
        using var folder = new TemporaryFolder();
        folder.Write("both/shop.json", """{"environment_name": "shop"}""");
        folder.Write("both/blog.json", """{"environment_name": "blog"}""");
        folder.Write("one/blog.json", """{"environment_name": "blog"}""");
        string[] store =
        [
            "--endpoint",
            endpoint.ToString(),
            "--access-key",
            $"file://{folder.Write("access-key", S3Server.AccessKey)}",
            "--secret-key",
            $"file://{folder.Write("secret-key", S3Server.SecretKey)}",
        ];
        var call = await CallAsync();

        var first = await call.RunAsync(Publish("both"));
        var second = await call.RunAsync(Publish("one"));

        first.Error.Should().BeNull(first.Message);
        first.Value.Should().Be("""["blog","shop"]""");
        second.Value.Should().Be("""["blog"]""");
        using var reader = new S3ObjectStore(
            new S3ObjectStoreOptions
            {
                Endpoint = endpoint,
                AccessKey = S3Server.AccessKey,
                SecretKey = S3Server.SecretKey,
            },
            TimeProvider.System
        );
        var token = TestContext.Current.CancellationToken;
        (await reader.ListAsync("static-environments", token)).Select(o => o.Key).Should().Equal("blog.json");
        (await reader.GetAsync("static-environments", "blog.json", token))!
            .Content.ToArray()
            .Should()
            .Equal("""{"environment_name": "blog"}"""u8.ToArray());

        string[] Publish(string claims) =>
            ["publish-static-environments", "--claims", System.IO.Path.Combine(folder.Path, claims), .. store];
    }

    [Fact]
    public async Task Build_gives_the_program()
    {
        var built = await (await CallAsync()).RunAsync("build");

        await using var session = await engine.OpenAsync();
        (await session.Client.Load<Directory>(built.Text).EntriesAsync(null, TestContext.Current.CancellationToken))
            .Should()
            .Contain("platformctl");
    }

    [Fact]
    public async Task Test_runs_a_test_project_and_gives_what_it_says()
    {
        var tested = await (await CallAsync()).RunAsync(
            "test",
            "--project",
            "Pipelines.Tests",
            "--filter",
            "*EngineNamesTests"
        );

        tested.Error.Should().BeNull(tested.Message);
        tested.Text.Should().Contain("Test run summary: Passed!");
    }

    [Fact]
    public async Task Publish_pushes_the_image_to_the_repository_that_is_named()
    {
        var published = await (await CallAsync()).RunAsync(
            "publish",
            "--registry",
            "localhost:5001",
            "--version",
            "1.2.3",
            "--repository",
            "docker-snapshots"
        );

        published
            .Text.Should()
            .MatchRegex("^localhost:5001/docker-snapshots/platformctl:1\\.2\\.3@sha256:[0-9a-f]{64}$");
    }

    [Fact]
    public async Task End_to_end_gives_the_logs_of_a_platform_that_came_and_went()
    {
        var run = await (await CallAsync()).RunAsync("end-to-end");

        await using var session = await engine.OpenAsync();
        var logs = session.Client.Load<Directory>(run.Text);
        var cancellationToken = TestContext.Current.CancellationToken;
        (await logs.File("exit-code").ContentsAsync(cancellationToken))
            .Should()
            .Be("0", await logs.File("errors.log").ContentsAsync(cancellationToken));
        (await logs.File("output.log").ContentsAsync(cancellationToken)).Should().Contain("\"version\": \"1.1.0\"");
    }

    [Fact]
    public async Task The_main_pipeline_builds_tests_and_runs_end_to_end()
    {
        var run = await (await CallAsync()).RunAsync(
            "main-pipeline",
            "--project",
            "Pipelines.Tests",
            "--filter",
            "*EngineNamesTests"
        );

        run.Error.Should().BeNull(run.Message);
        run.Text.Should().Be("Built, tested, and run end to end.");
    }

    private async Task<DaggerCall> CallAsync()
    {
        engine.SkipIfMissing();
        return new DaggerCall(engine, await ModuleProgram.BuildAsync(".dagger"), "platform");
    }

    private static JsonNode Json(CallResult result)
    {
        result.Error.Should().BeNull(result.Message);
        return JsonNode.Parse(result.Text)!;
    }

    private static string NameOf(JsonElement element) => element.GetProperty("name").GetString()!;
}
