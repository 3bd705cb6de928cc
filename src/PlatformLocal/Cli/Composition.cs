using PlatformLocal.Cli.Rendering;
using PlatformLocal.Deployment.Artifacts;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Clusters;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Platform.Operations;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Cli;

/// <summary>The one place that makes what commands work with.</summary>
internal sealed class Composition
{
    public Composition() => Programs = new ProgramRunner(Time);

    public TimeProvider Time { get; } = TimeProvider.System;

    public ProgramRunner Programs { get; }

    public KindClusters KindClusters => new(Programs, Time, Warn);

    public LocalRegistry Registry => new(Programs);

    public PushArtifact PushArtifact => new(Programs, Time);

    public PruneArtifacts PruneArtifacts => new(Programs, Time);

    public static StateFolder State(string root, string name) => new(root, name, Warn);

    public LocalPlatform Platform(StateFolder state) => new(state, ServeProgram(), Programs, Time);

    public CreateLocalPlatform Create(LocalPlatform platform) => new(platform, Programs, Time);

    public DestroyLocalPlatform Destroy(LocalPlatform platform) => new(platform, Programs, Time);

    public DestroyEverything DestroyEverything(string root) =>
        new(root, name => Platform(State(root, name)), Programs, Time);

    public Leftovers Leftovers(StateFolder state) => new(state, Programs, Time);

    public ICluster? ClusterOf(StateFolder state) =>
        state.ReadSettings() is { } settings ? PlatformClusters.Of(state, settings, Programs, Time) : null;

    public EnvironmentClusters EnvironmentClusters(StateFolder state) => new(state, Programs, Time);

    public DeployEnvironment Deploy(PlatformApiClient api) => new(api, Time);

    public DestroyEnvironment Destroy(PlatformApiClient api) => new(api, Time);

    private static void Warn(string warning) =>
        Console.Error.WriteLine(PlainText.Of(CommandText.Copyable($"Warning: {warning}")));

    // Started as 'dotnet platformctl.dll', the program alone would not do.
    private static ServeCommand ServeProgram()
    {
        var program = Environment.ProcessPath!;
        var isHost = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        return new ServeCommand(
            program,
            PlatformCtl.Version,
            isHost ? [Path.Combine(AppContext.BaseDirectory, "platformctl.dll")] : []
        );
    }
}
