using System.Text.Json.Nodes;
using PlatformLocal.Cli.Tests.Testing;

namespace PlatformLocal.EndToEnd.Tests;

/// <summary>
/// A platform on a real Kind cluster whose API runs in the cluster, with real images in its registry: made once for all
/// tests of a class. What is left of it after its removal fails them.
/// </summary>
public sealed class InClusterPlatform : IAsyncLifetime
{
    public const string Name = "e2e-pods";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(12);
    private static readonly string[] s_versions = ["1.0.0", "1.1.0"];

    // As they are made; what looks at the machine alone is too quick to be stopped.
    private static readonly string[] s_steps =
    [
        "registry",
        "cluster",
        "nodes",
        "platform image",
        "registry in the cluster",
        "baseline",
        "platform api",
    ];

    private readonly PlatformCtlProgram _program = new();
    private string? _skip;

    /// <summary>What runs that Ctrl-C ended at each step said.</summary>
    internal List<(string Step, Outcome Outcome)> Interrupted { get; } = [];

    internal Outcome Created { get; private set; } = new(-1, "", "");

    /// <summary>The platform's folder of state.</summary>
    internal string Folder => Path.Combine(_program.State, Name);

    public static string Workspace => Path.Combine(PlatformCtlProgram.RepositoryRoot, "tests/EndToEnd.Tests/workspace");

    public async ValueTask InitializeAsync()
    {
        _skip = await Programs.MissingForKindAsync();
        if (_skip is not null)
        {
            return;
        }

        await Programs.RunAsync("kind", "delete", "cluster", "--name", Name);
        _program.Environment["PLATFORM_SOURCE"] = PlatformCtlProgram.RepositoryRoot;
        foreach (var step in s_steps)
        {
            Interrupted.Add((step, await StopAtAsync(step, PlatformCtlProgram.CtrlC)));
            await StopAtAsync(step, "-KILL");
        }

        Created = await _program.RunAsync(s_patience, Create());
        if (Created.ExitCode == 0)
        {
            await PublishServiceAsync();
            await PushAsync("influxdb", "influxdb:1.6", "e2e/influxdb:1.6.0");
            await PushAsync("rabbitmq", "rabbitmq:3.10-management", "e2e/rabbitmq:3.10.0");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_skip is null)
        {
            var destroyed = await RunAsync("destroy-local-platform", "--verify");
            destroyed.ExitCode.Should().Be(0, destroyed.Error);
            (await Programs.RunAsync("kind", "get", "clusters")).Output.Should().NotContain(Name);
        }

        await _program.DisposeAsync();
    }

    /// <summary>Skips the test where there is no Docker, and fails it when the platform could not be made.</summary>
    internal void Require()
    {
        Assert.SkipWhen(_skip is not null, _skip ?? "");
        Created.ExitCode.Should().Be(0, Created.Error);
    }

    internal static string[] Create(params string[] further) =>
        Programs.Create(Name, Workspace, ["--base-image", Programs.BaseImage!, "--services", "none", .. further]);

    internal Task<Outcome> RunAsync(params string[] arguments) =>
        _program.RunAsync(s_patience, [.. arguments, "--name", Name]);

    internal Task<Outcome> CreateAgainAsync(params string[] further) => _program.RunAsync(s_patience, Create(further));

    internal Task<Outcome> DeployAsync(string payload, params string[] further) =>
        RunAsync(["deploy-environment", "--output", "json", "--timeout", "240", "--payload", payload, .. further]);

    internal async Task<string> KubectlAsync(params string[] arguments)
    {
        var outcome = await TryKubectlAsync(arguments);
        outcome.ExitCode.Should().Be(0, outcome.Error);
        return outcome.Output;
    }

    internal async Task<Outcome> TryKubectlAsync(params string[] arguments)
    {
        var kubeconfig = (await RunAsync("kubeconfig")).Output.Trim();
        return await Programs.RunAsync("kubectl", ["--kubeconfig", kubeconfig, .. arguments]);
    }

    /// <summary>A request to a service of an environment, by way of the API server.</summary>
    internal Task<string> FetchAsync(string environment, string service, string path) =>
        KubectlAsync("get", "--raw", $"/api/v1/namespaces/env-{environment}/services/{service}:http/proxy/{path}");

    internal async Task<string> LeaderAsync() =>
        (string)
            JsonNode.Parse(await KubectlAsync("get", "lease", "-n", "platform-system", "platform-api", "-o", "json"))![
                "spec"
            ]!["holderIdentity"]!;

    /// <summary>Starts the creation anew and stops it as soon as a step has begun.</summary>
    private async Task<Outcome> StopAtAsync(string step, string signal)
    {
        using var process = _program.Start(Create());
        var ending = PlatformCtlProgram.EndAsync(process, s_patience);
        while (!process.HasExited && !Programs.IsAt(_program, Name, $"\"{step}\"", process.Id))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }

        await Programs.RunAsync("kill", signal, $"{process.Id}");
        return await ending;
    }

    // As a team would: with the SDK's container support, straight into the registry.
    private static async Task PublishServiceAsync()
    {
        await Programs.MustRunAsync("docker", "tag", Programs.BaseImage!, "localhost:5001/e2e/base:1");
        await Programs.MustRunAsync("docker", "push", "localhost:5001/e2e/base:1");
        await Programs.MustRunAsync("docker", "rmi", "localhost:5001/e2e/base:1");
        await Programs.MustRunAsync(
            "dotnet",
            "publish",
            Path.Combine(PlatformCtlProgram.RepositoryRoot, "tests/EndToEnd.Service"),
            "--configuration=Release",
            "--use-current-runtime",
            "--self-contained",
            $"--artifacts-path={Path.Combine(PlatformCtlProgram.RepositoryRoot, ".build/e2e")}",
            "--target:PublishContainer",
            "--verbosity=quiet",
            "--nologo",
            "-p:ContainerBaseImage=localhost:5001/e2e/base:1",
            "-p:ContainerRegistry=localhost:5001",
            "-p:ContainerRepository=e2e/service",
            $"-p:ContainerImageTags=\"{string.Join(';', s_versions)}\""
        );
    }

    private async Task PushAsync(string service, string image, string name)
    {
        var lab =
            Environment.GetEnvironmentVariable("PLATFORM_LAB")
            ?? Path.Combine(PlatformCtlProgram.RepositoryRoot, "../shared/lab");
        if ((await Programs.RunAsync("docker", "image", "inspect", image)).ExitCode != 0)
        {
            await Programs.MustRunAsync(Path.Combine(lab, "service-images"), service);
        }

        await Programs.MustRunAsync("docker", "tag", image, name);
        var pushed = await RunAsync("image", "push", name);
        await Programs.RunAsync("docker", "rmi", name);
        pushed.ExitCode.Should().Be(0, pushed.Error);
        pushed.Output.Trim().Should().Be("localhost:5001/" + name);
    }
}
