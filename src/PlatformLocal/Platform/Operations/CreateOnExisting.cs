using PlatformLocal.Deployment.Ansible;
using PlatformLocal.Kubernetes;
using PlatformLocal.Platform.Clusters.Existing;
using PlatformLocal.Platform.Steps;

namespace PlatformLocal.Platform.Operations;

/// <summary>The steps that bring a platform into a cluster that was there before.</summary>
internal sealed class CreateOnExisting(Creation creation)
{
    public (IReadOnlyList<Step> Steps, StepMirror Mirror) Steps(Action<string> report)
    {
        var settings = creation.Settings;
        var services = creation.ServiceSteps(ConnectAsync, "baseline");
        return (
            [
                new Step
                {
                    Name = "permission",
                    RunAsync = (_, token) => AskAsync(token),
                    Timeout = TimeSpan.FromMinutes(10), // somebody may have to answer
                },
                creation.Baseline(
                    ConnectAsync,
                    new PlaybookCluster(settings.Kubeconfig, settings.Context),
                    "permission"
                ),
                .. services,
                creation.Serve("platform", report, ["baseline", .. services.Select(s => s.Name)]),
            ],
            new StepMirror(ConnectAsync, creation.Time)
        );
    }

    private Task<KubernetesClient> ConnectAsync(CancellationToken cancellationToken) => Task.FromResult(Open().Client);

    private (KubernetesClient Client, ExistingCluster Cluster) Open() =>
        ExistingCluster.Open(creation.Settings.Kubeconfig, creation.Settings.Context, creation.Time);

    private async Task AskAsync(CancellationToken cancellationToken)
    {
        var (client, cluster) = Open();
        using (client)
        {
            await cluster.AllowAsync(creation.State.Platform, creation.Options.Confirm, cancellationToken);
        }

        creation.State.WriteSettings(creation.Settings);
    }
}
