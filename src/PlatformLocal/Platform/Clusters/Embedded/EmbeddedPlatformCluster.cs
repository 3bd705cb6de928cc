using EmbeddedKubernetes;
using Microsoft.Extensions.Logging;
using PlatformLocal.Deployment.Ansible;
using PlatformLocal.Kubernetes.Configuration;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Platform.Clusters.Embedded;

/// <summary>A Kubernetes API in the serving process; its state is in the platform's folder and goes with it.</summary>
internal sealed class EmbeddedPlatformCluster(StateFolder state, TimeProvider time) : ICluster
{
    public ClusterKind Kind => ClusterKind.Embedded;

    public bool IsSimulated => true;

    public bool OutlivesPlatform => false;

    public bool HasOthersBeside => false;

    public PlaybookCluster Playbooks => new(state.Kubeconfig);

    public Task EnsureAsync(Action<string> report, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<KubernetesClient> ConnectAsync(CancellationToken cancellationToken) =>
        Task.FromResult(
            new KubernetesClient(
                Kubeconfig.Load(state.Kubeconfig).Connect(),
                new KubernetesClientOptions { TimeProvider = time }
            )
        );

    public async Task<OpenCluster> OpenAsync(ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var cluster = await StartAsync(loggers, cancellationToken);
        try
        {
            state.WriteKubeconfig(cluster.Kubeconfig);
            var client = await ConnectAsync(cancellationToken);
            await Task.WhenAll(
                GatewayApiKinds
                    .Definitions()
                    .Select(d => client.ApplyAsync(d, new WriteOptions { Force = true }, cancellationToken))
            );
            return new OpenCluster(client, cluster);
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    private async Task<EmbeddedCluster> StartAsync(ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var options = new EmbeddedClusterOptions
        {
            StateDirectory = state.Cluster,
            TimeProvider = time,
            LoggerFactory = loggers,
        };
        try
        {
            return await EmbeddedCluster.StartAsync(options, cancellationToken);
        }
        catch (EmbeddedClusterException fault)
        {
            throw new PlatformException(fault.Message, nextStep: null, fault);
        }
    }

    public Task RemoveAsync(Action<string> report, CancellationToken cancellationToken) => Task.CompletedTask;
}
