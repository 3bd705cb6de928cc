using PlatformLocal.Deployment.Ansible;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Baseline;
using PlatformLocal.Platform.Clusters;
using PlatformLocal.Platform.PlatformServices.Installation;
using PlatformLocal.Platform.PlatformServices.Selection;
using PlatformLocal.Platform.State;
using PlatformLocal.Platform.Steps;

namespace PlatformLocal.Platform.Operations;

/// <summary>What the steps of one creation share.</summary>
internal sealed class Creation
{
    public required LocalPlatform Platform { get; init; }

    public required CreateOptions Options { get; init; }

    /// <summary>What the platform is made with: what it has and what is asked for.</summary>
    public required PlatformSettings Settings { get; init; }

    public required ICluster Cluster { get; init; }

    public required PlatformServiceSelection Services { get; init; }

    /// <summary>Whether nothing of it was made before.</summary>
    public required bool IsNew { get; init; }

    public required FolderLock Held { get; init; }

    public required ProgramRunner Programs { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>The running platform, once the last step is done.</summary>
    public PlatformApiClient? Api { get; private set; }

    public StateFolder State => Platform.State;

    /// <summary>The step that makes the baseline of the cluster.</summary>
    public Step Baseline(params string[] dependsOn) =>
        new ClusterBaseline(Cluster.ConnectAsync, new AnsiblePlaybooks(Programs), Cluster.Playbooks, Time).Step(
            dependsOn
        );

    /// <summary>The steps that install the platform services; none when none is chosen.</summary>
    public IReadOnlyList<Step> ServiceSteps(params string[] after) =>
        new PlatformServiceSteps(Services, Cluster.ConnectAsync, new ServiceInstallationOptions { Time = Time }).After(
            after
        );

    /// <summary>The last step: the platform answers.</summary>
    public Step Serve(string name, Action<string> report, params IReadOnlyList<string> dependsOn) =>
        new()
        {
            Name = name,
            DependsOn = dependsOn,
            RunAsync = async (_, token) =>
                Api = await Platform.EnsureRunningAsync(Held, Settings.Workspace, report, token),
        };
}
