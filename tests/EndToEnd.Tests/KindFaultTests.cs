using System.Text.Json.Nodes;
using PlatformLocal.Cli.Tests.Testing;

namespace PlatformLocal.EndToEnd.Tests;

/// <summary>What goes wrong on a machine with Docker, done to a real cluster.</summary>
[Collection(KindTests.Name)]
public sealed class KindFaultTests
{
    private const string Platform = "e2e-faults";
    private const string Node = Platform + "-control-plane";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_cluster_is_verified_lost_found_and_made_again()
    {
        await Programs.SkipWithoutKindAsync();
        using var workspace = new TestWorkspace();
        await using var program = new PlatformCtlProgram();
        await Programs.RunAsync("kind", "delete", "cluster", "--name", Platform);
        try
        {
            // Ctrl-C while the cluster is made: half a cluster goes, the next run begins it anew.
            using (var stopped = program.Start(Create(workspace)))
            {
                await AppearAsync(program, "\"cluster\"", stopped.Id);
                await Programs.RunAsync("kill", PlatformCtlProgram.CtrlC, $"{stopped.Id}");
                var ended = await PlatformCtlProgram.EndAsync(stopped);
                ended.ExitCode.Should().NotBe(0);
                ended.Error.Should().Contain("Run the command again: it goes on where it was.");
            }

            (await Programs.RunAsync("kind", "get", "clusters")).Output.Should().NotContain(Platform);

            // A kubeconfig that cannot be written is told before a cluster is made for it.
            string kubeconfig = Path.Combine(program.State, Platform, "kubeconfig");
            Directory.CreateDirectory(kubeconfig);
            var unwritable = await program.RunAsync(Create(workspace));
            Directory.Delete(kubeconfig);
            unwritable.ExitCode.Should().Be(1);
            unwritable.Error.Should().Contain($"{kubeconfig} is a folder, and a file is expected there");

            // Two runs at once: the second says who is at work.
            var first = program.RunAsync(Create(workspace));
            await AppearAsync(program, "\"preflight\"");
            var second = await program.RunAsync(Create(workspace));
            second.ExitCode.Should().Be(1);
            second.Error.Should().Contain("Another run is at work");
            var created = await first;
            created.ExitCode.Should().Be(0, created.Error);
            created.Error.Should().Contain("baseline:");
            var ledger = created.Json["ledger"]!;
            ledger["seconds"]!.GetValue<double>().Should().BePositive();
            ledger["critical_path"]!.AsArray().Select(s => (string?)s).Should().StartWith(["preflight", "cluster"]); // what ends last depends on the machine
            ledger["steps"]!
                .AsArray()
                .Select(s => (string?)s!["step"])
                .Should()
                .Contain(["preflight", "registry", "cluster", "baseline", "platform"]);
            var steps = await KubectlAsync(
                program,
                "-n",
                "platform-system",
                "get",
                "configmap",
                "platform-steps",
                "-o",
                "json"
            );
            JsonNode.Parse(steps)!["data"]!
                .AsObject()
                .Select(d => d.Key)
                .Should()
                .Contain(["cluster", "baseline", "platform"]);

            // Nothing changes a second time, and the baseline is not made again.
            var again = await program.RunAsync(Create(workspace));
            again.ExitCode.Should().Be(0, again.Error);
            again.Error.Should().NotContain("baseline:");

            // The node is removed by hand: it is told, and destroying still works and proves it.
            await program.RunAsync("destroy-local-platform", "--name", Platform, "--keep-state");
            (await Programs.RunAsync("docker", "rm", "--force", "--volumes", Node)).ExitCode.Should().Be(0);
            var remade = await program.RunAsync(Create(workspace));
            remade.ExitCode.Should().Be(0, remade.Error);
            remade.Error.Should().Contain("baseline:");

            // The state folder is removed by hand: the cluster itself says whose it is.
            await program.RunAsync("destroy-local-platform", "--name", Platform, "--keep-state");
            Directory.Delete(Path.Combine(program.State, Platform), recursive: true);
            var destroyed = await program.RunAsync("destroy-local-platform", "--name", Platform, "--verify");
            destroyed.ExitCode.Should().Be(0, destroyed.Error);
            destroyed.Output.Should().Contain("nothing of it is left");
            (await Programs.RunAsync("docker", "ps", "--all", "--format", "{{.Names}}"))
                .Output.Should()
                .NotContain(Node);
        }
        finally
        {
            await Programs.RunAsync("kind", "delete", "cluster", "--name", Platform);
        }
    }

    [Fact]
    public async Task An_engine_that_does_not_answer_is_told_before_anything_is_made()
    {
        await Programs.SkipWithoutKindAsync();
        using var workspace = new TestWorkspace();
        await using var program = new PlatformCtlProgram();

        var refused = await program.RunAsync(
            new Dictionary<string, string> { ["DOCKER_HOST"] = "unix:///nowhere/docker.sock" },
            Create(workspace)
        );

        refused.ExitCode.Should().Be(1);
        refused.Error.Should().Contain("docker engine: out of reach");
    }

    [Fact]
    public async Task An_engine_that_stops_in_the_middle_leaves_what_can_be_cleared_away()
    {
        await Programs.SkipWithoutKindAsync();
        Assert.SkipUnless(File.Exists("/var/run/docker.sock"), "the Docker engine is not at /var/run/docker.sock");
        using var workspace = new TestWorkspace();
        await using var program = new PlatformCtlProgram();
        using var engine = new EngineProxy();
        try
        {
            var run = program.RunAsync(
                new Dictionary<string, string> { ["DOCKER_HOST"] = engine.Address },
                Create(workspace)
            );
            await ContainerAsync(run);
            engine.Close();
            var broken = await run;
            var destroyed = await program.RunAsync("destroy-local-platform", "--name", Platform, "--verify");

            broken.ExitCode.Should().Be(1);
            broken.Error.Should().Contain("Error:").And.Contain("Docker");
            destroyed.ExitCode.Should().Be(0, destroyed.Error);
            (await Programs.RunAsync("docker", "ps", "--all", "--format", "{{.Names}}"))
                .Output.Should()
                .NotContain(Node);
        }
        finally
        {
            await Programs.RunAsync("kind", "delete", "cluster", "--name", Platform);
        }
    }

    /// <summary>Waits until the node's container is there, or the run has ended before.</summary>
    private static async Task ContainerAsync(Task<Outcome> run)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(Token);
        late.CancelAfter(TimeSpan.FromSeconds(60));
        while (
            !run.IsCompleted
            && !(await Programs.RunAsync("docker", "ps", "--format", "{{.Names}}")).Output.Contains(Node)
        )
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, late.Token);
        }
    }

    private static string[] Create(TestWorkspace workspace) =>
        Programs.Create(
            Platform,
            workspace.Folder,
            ["--platform-api", "on-host", "--services", "none", "--output", "json"]
        );

    /// <summary>Waits until a run is at a step.</summary>
    private static async Task AppearAsync(PlatformCtlProgram program, string step, int? process = null)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(Token);
        late.CancelAfter(TimeSpan.FromSeconds(20));
        while (!Programs.IsAt(program, Platform, step, process))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, late.Token);
        }
    }

    private static async Task<string> KubectlAsync(PlatformCtlProgram program, params string[] arguments)
    {
        var kubeconfig = (await program.RunAsync("kubeconfig", "--name", Platform)).Output.Trim();
        var outcome = await Programs.RunAsync("kubectl", ["--kubeconfig", kubeconfig, .. arguments]);
        outcome.ExitCode.Should().Be(0, outcome.Error);
        return outcome.Output;
    }
}
