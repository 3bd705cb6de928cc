using EmbeddedKubernetes;
using Microsoft.Extensions.Logging;
using PlatformLocal.Deployment.Ansible;
using PlatformLocal.Kubernetes.Configuration;
using PlatformLocal.Platform.Clusters.Embedded.Flux;
using PlatformLocal.Platform.Clusters.Embedded.Registry;
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
                    .Concat(PlayedFlux.Definitions())
                    .Select(d => client.ApplyAsync(d, new WriteOptions { Force = true }, cancellationToken))
            );
            var host = new Host(cluster, await ConnectAsync(cancellationToken), state, time, loggers);
            return new OpenCluster(client, host) { Registry = host.Registry.StartAsync };
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

    /// <summary>What of it lives in this process: the cluster, and what plays Flux on it.</summary>
    private sealed class Host : IAsyncDisposable
    {
        private readonly EmbeddedCluster _cluster;
        private readonly KubernetesClient _client;
        private readonly PlayedFlux _flux;

        public Host(
            EmbeddedCluster cluster,
            KubernetesClient client,
            StateFolder state,
            TimeProvider time,
            ILoggerFactory loggers
        )
        {
            _cluster = cluster;
            _client = client;
            Registry = new EmbeddedRegistry(Path.Combine(state.Folder, "registry"));
            _flux = PlayedFlux.Start(
                client,
                Registry.StartAsync,
                Path.Combine(state.Folder, "played-flux"),
                time,
                loggers
            );
        }

        public EmbeddedRegistry Registry { get; }

        public async ValueTask DisposeAsync()
        {
            await _flux.DisposeAsync();
            await Registry.DisposeAsync();
            _client.Dispose(); // before the cluster: it would wait for the open connection
            await _cluster.DisposeAsync();
        }
    }
}
