using System.Text.Json.Nodes;
using EmbeddedKubernetes;
using Microsoft.Extensions.Logging.Abstractions;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Deployment.Delivery.Flux;
using PlatformLocal.Kubernetes;
using PlatformLocal.Platform.Clusters;
using PlatformLocal.Platform.Clusters.Embedded.Flux;
using PlatformLocal.Platform.Clusters.Embedded.Registry;
using PlatformLocal.Testing;

namespace PlatformLocal.Platform.Tests.Clusters;

/// <summary>A cluster on which Flux is played, with a registry, and both deliveries into it.</summary>
internal sealed class PlayedPlatform : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly EmbeddedCluster? _cluster;
    private readonly EmbeddedRegistry _registry;
    private readonly bool _isShared;
    private PlayedFlux? _flux;
    private TimeProvider _time = TimeProvider.System;

    private PlayedPlatform(EmbeddedCluster? cluster, KubernetesClient client, PlayedPlatform? registry = null)
    {
        _cluster = cluster;
        Client = client;
        _isShared = registry is not null;
        _registry = registry?._registry ?? new EmbeddedRegistry(Path.Combine(_folder.Path, "registry"));
    }

    public KubernetesClient Client { get; }

    public string Registry => Path.Combine(_folder.Path, "registry");

    public DirectDeliveryOptions Options =>
        new() { Registries = async token => (await _registry.StartAsync(token)).Options };

    public DirectDelivery Direct => new(Client, Options);

    public FluxDelivery Flux => FluxOf(ClusterRegistry.EmbeddedName);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<PlayedPlatform> StartAsync(
        bool isPlayed = true,
        PlayedPlatform? registry = null,
        TimeSpan podStart = default,
        TimeProvider? time = null
    )
    {
        var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { PodStartDelay = podStart }, Token);
        var platform = new PlayedPlatform(cluster, KubernetesClient.FromKubeconfig(cluster.KubeconfigPath), registry)
        {
            _time = time ?? TimeProvider.System,
        };
        foreach (var kind in PlayedFlux.Definitions())
        {
            await platform.Client.ApplyAsync(kind, new WriteOptions { Force = true }, Token);
        }

        if (isPlayed)
        {
            platform.Play();
        }

        return platform;
    }

    /// <summary>On a cluster that is there and serves Flux's kinds.</summary>
    public static PlayedPlatform On(KubernetesClient client)
    {
        var platform = new PlayedPlatform(null, client);
        platform.Play();
        return platform;
    }

    public void Play() =>
        _flux = PlayedFlux.Start(
            Client,
            _registry.StartAsync,
            Path.Combine(_folder.Path, "flux"),
            _time,
            NullLoggerFactory.Instance
        );

    public FluxDelivery FluxOf(string registry, TimeSpan? patience = null) =>
        new(
            Client,
            new FluxDeliveryOptions
            {
                Platform = "test",
                Registry = registry,
                Patience = patience ?? TimeSpan.FromSeconds(20),
            },
            Options
        );

    public Task<DeliveryResult> DeliverAsync(DeliveryRequest request, ProgressLog? log = null) =>
        Flux.DeliverAsync(request, log ?? new ProgressLog(), Token);

    public Task<JsonObject?> FindAsync(string apiVersion, string kind, string name, string? target = "env-shop") =>
        Client.FindAsync(new ObjectReference(apiVersion, kind, target, name), Token);

    public Task<JsonObject?> KustomizationAsync(string name) =>
        FindAsync(FluxKinds.KustomizeVersion, FluxKinds.Kustomization, name);

    public static IReadOnlyList<string> ManagersOf(JsonObject? item) =>
        [
            .. item.Metadata()
                .Items("managedFields")
                .Where(e => e.Text("operation") == "Apply")
                .Select(e => e.Text("manager")!)
                .Order(StringComparer.Ordinal),
        ];

    public async Task StopPlayingAsync()
    {
        if (_flux is not null)
        {
            await _flux.DisposeAsync();
            _flux = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopPlayingAsync();
        if (!_isShared)
        {
            await _registry.DisposeAsync();
        }

        Client.Dispose();
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }

        _folder.Dispose();
    }
}
