using System.Diagnostics;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Platform.Tests.Clusters;
using PlatformLocal.Testing;

[assembly: AssemblyFixture(typeof(KindLab))]

namespace PlatformLocal.Platform.Tests.Clusters;

/// <summary>One real Kind cluster for the tests that need one, made on first use and deleted at the end.</summary>
public sealed class KindLab : IAsyncLifetime
{
    private readonly Lazy<TemporaryFolder> _folder = new();
    private readonly Lazy<Task<KindCluster>> _cluster;

    public KindLab() =>
        _cluster = new Lazy<Task<KindCluster>>(() =>
            Clusters.EnsureAsync(Spec, Folder, _ => { }, CancellationToken.None)
        );

    public static ProgramRunner Programs { get; } = new(TimeProvider.System);

    public static KindClusters Clusters { get; } = new(Programs, TimeProvider.System);

    /// <summary>The node image of the lab.</summary>
    public static string? NodeImage { get; } = Variable("LAB_NODE_IMAGE");

    public static string? RegistryImage { get; } = Variable("LAB_REGISTRY_IMAGE");

    public static string? BaseImage { get; } = Variable("LAB_BASE_IMAGE");

    /// <summary>The user's own kubeconfig, which must stay as it is.</summary>
    public static string UsersKubeconfig { get; } =
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config");

    internal KindClusterSpec Spec { get; } =
        new()
        {
            Platform = NewName(),
            NodeImage = NodeImage,
            CertificateNames = ["platform.example"],
            Ports = [new KindPort(30080)],
        };

    public string Folder => Path.Combine(_folder.Value.Path, "state");

    internal Task<KindCluster> Cluster => _cluster.Value;

    public static string NewName() => $"e2e-{Guid.NewGuid():N}"[..12];

    /// <summary>Skips the test where there is no Docker, no kind or no node image.</summary>
    public static void SkipUnlessThere()
    {
        Assert.SkipUnless(Testing.Programs.Has("docker"), "docker is not installed");
        Assert.SkipUnless(Testing.Programs.Has("kind"), "kind is not installed");
        Assert.SkipWhen(NodeImage is null, "LAB_NODE_IMAGE does not name a node image");
        Assert.SkipUnless(IsEngineUp.Value, "no Docker engine answers");
    }

    public static Task<string> Docker(params string[] arguments) => Run("docker", arguments);

    public static async Task<string> Run(string program, params string[] arguments)
    {
        var command = new ProgramCommand { Program = program, Arguments = arguments };
        return (await Programs.RunAsync(command, TestContext.Current.CancellationToken)).Output;
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_cluster.IsValueCreated)
        {
            await Clusters.DeleteAsync(Spec.Platform, Folder, CancellationToken.None);
        }

        if (_folder.IsValueCreated)
        {
            _folder.Value.Dispose();
        }
    }

    private static Lazy<bool> IsEngineUp { get; } =
        new(() =>
        {
            using var docker = Process.Start(
                new ProcessStartInfo("docker", ["info"])
                {
                    UseShellExecute = false,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                }
            )!;
            docker.StandardOutput.ReadToEnd();
            docker.WaitForExit();
            return docker.ExitCode == 0;
        });

    private static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}

/// <summary>Tests on the Docker engine run one after the other: each cluster takes what the machine has.</summary>
[CollectionDefinition("Docker")]
public sealed class DockerTests;
