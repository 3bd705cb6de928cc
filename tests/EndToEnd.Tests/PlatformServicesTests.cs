using PlatformLocal.Cli.Tests.Testing;

namespace PlatformLocal.EndToEnd.Tests;

/// <summary>Platform services that need no charts, run for real.</summary>
[Collection(KindTests.Name)]
public sealed class PlatformServicesTests
{
    private const string Platform = "e2e-services";

    [Fact]
    public async Task Postgres_and_redis_serve_with_made_up_passwords()
    {
        await Programs.SkipWithoutKindAsync();
        string[] images = ["postgres:15", "redis:7.0"];
        foreach (var image in images)
        {
            var found = await Programs.RunAsync("docker", "image", "inspect", image);
            Assert.SkipUnless(found.ExitCode == 0, $"the image {image} is not on this machine");
        }

        using var workspace = new TestWorkspace();
        var user = await Programs.RunAsync("docker", "run", "--rm", "--entrypoint", "id", images[0], "-u");
        var group = await Programs.RunAsync("docker", "run", "--rm", "--entrypoint", "id", images[0], "-g");
        await File.WriteAllTextAsync(
            Path.Combine(workspace.Folder, "platform.yaml"),
            $$$"""
            apiVersion: platform.local/v1alpha1
            kind: Platform
            metadata: {name: e2e}
            spec:
              registry: localhost:5001
              platformServices:
                postgres:
                  values: {image: "localhost:5001/e2e/postgres:15", user: {{{user.Output.Trim()}}}, group: {{{group.Output.Trim()}}}}
                redis:
                  values: {image: "localhost:5001/e2e/redis:7.0"}
            """,
            TestContext.Current.CancellationToken
        );
        await using var program = new PlatformCtlProgram();
        string[] create = Programs.Create(Platform, workspace.Folder, ["--platform-api", "on-host"]);
        await Programs.RunAsync("kind", "delete", "cluster", "--name", Platform);
        var empty = await program.RunAsync([.. create, "--services", "none"]);
        empty.ExitCode.Should().Be(0, empty.Error);
        foreach (var image in images)
        {
            var there = $"localhost:5001/e2e/{image}";
            await Programs.RunAsync("docker", "tag", image, there);
            (await Programs.RunAsync("docker", "push", there)).ExitCode.Should().Be(0);
            await Programs.RunAsync("docker", "rmi", there);
        }

        var installed = await program.RunAsync([.. create, "--services", "postgres,redis", "--delivery", "direct"]);
        installed.ExitCode.Should().Be(0, installed.Error);
        var again = await program.RunAsync(create);
        again.ExitCode.Should().Be(0, again.Error);
        var status = await program.RunAsync("platform-status", "--name", Platform, "--output", "json");
        status.Json["services"]!.AsArray().Should().HaveCount(2).And.OnlyContain(s => s!["ready"]!.GetValue<bool>());

        var databases = await KubectlAsync(
            program,
            "statefulset/postgres",
            "psql -U postgres -Atc 'select datname from pg_database'"
        );
        databases.Should().Contain("infisical").And.Contain("authentik");
        // By the network and with the service's own password, as infisical does it.
        (
            await KubectlAsync(
                program,
                "statefulset/postgres",
                "PGPASSWORD=$(cat /run/secrets/postgres/infisical) psql -h postgres -U infisical -d infisical -Atc 'select current_user'"
            )
        )
            .Trim()
            .Should()
            .Be("infisical");
        (await KubectlAsync(program, "deployment/redis", "redis-cli ping")).Should().Contain("NOAUTH");
        (
            await KubectlAsync(
                program,
                "deployment/redis",
                "REDISCLI_AUTH=$(cut -d' ' -f2 /run/secrets/redis/redis.conf) redis-cli ping"
            )
        )
            .Should()
            .Contain("PONG");

        var destroyed = await program.RunAsync("destroy-local-platform", "--name", Platform);
        destroyed.ExitCode.Should().Be(0, destroyed.Error);
    }

    private static async Task<string> KubectlAsync(PlatformCtlProgram program, string workload, string command)
    {
        var kubeconfig = (await program.RunAsync("kubeconfig", "--name", Platform)).Output.Trim();
        string[] exec = ["exec", "--namespace", "platform-system", workload, "--", "sh", "-c", command];
        var outcome = await Programs.RunAsync("kubectl", ["--kubeconfig", kubeconfig, .. exec]);
        outcome.ExitCode.Should().Be(0, outcome.Error);
        return outcome.Output;
    }
}
