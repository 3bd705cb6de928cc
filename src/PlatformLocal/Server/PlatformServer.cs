using System.Net;
using EmbeddedKubernetes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Console;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes;
using PlatformLocal.Platform.State;
using PlatformLocal.Server.Composition;
using PlatformLocal.Server.Endpoints;

namespace PlatformLocal.Server;

/// <summary>A platform in this process: cluster, stores, reconciler and API.</summary>
public sealed class PlatformServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly EmbeddedCluster? _cluster;
    private readonly KubernetesClient _kubernetes;
    private readonly ServeOptions _options;
    private readonly FileStream? _lock;

    private PlatformServer(WebApplication app, EmbeddedCluster? cluster, ServeOptions options, FileStream? serveLock)
    {
        _app = app;
        _kubernetes = app.Services.GetRequiredService<KubernetesClient>();
        _cluster = cluster;
        _options = options;
        _lock = serveLock;
        Address = new Uri(
            app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()
        );
    }

    /// <summary>The API's address.</summary>
    public Uri Address { get; }

    /// <summary>The cluster's kubeconfig file.</summary>
    public string Kubeconfig => _options.State.Kubeconfig;

    /// <summary>The parts.</summary>
    internal IServiceProvider Services => _app.Services;

    /// <summary>Starts a platform and returns when it answers.</summary>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Breaks the start off.</param>
    /// <exception cref="PlatformException">Another process serves it already, or a part does not start.</exception>
    public static async Task<PlatformServer> StartAsync(ServeOptions options, CancellationToken cancellationToken)
    {
        if (options.Replica is not null)
        {
            return await StartReplicaAsync(options, options.Replica, cancellationToken);
        }

        var state = options.State;
        state.Ensure();
        var serveLock = await TakeLockAsync(state, options.Time, cancellationToken);
        EmbeddedCluster? cluster = null;
        try
        {
            state.DeleteEndpoint(); // left by a process that was killed
            var workspace =
                options.Workspace
                ?? throw new ArgumentException("On the host a workspace is a folder.", nameof(options));
            var settings =
                state.ReadSettings() is { } known && known.Workspace == workspace
                    ? known
                    : new PlatformSettings(ClusterKinds.Embedded, workspace);
            state.WriteSettings(settings);
            _ = WorkspaceReader.Read(workspace);
            KubernetesClient kubernetes;
            (kubernetes, cluster) = await ServedClusters.OpenClusterAsync(options, settings, cancellationToken);
            var app = Build(options, settings.Cluster, kubernetes);
            await app.StartAsync(cancellationToken);
            var server = new PlatformServer(app, cluster, options, serveLock);
            state.WriteEndpoint(new EndpointDocument(server.Address, System.Environment.ProcessId, options.Version));
            return server;
        }
        catch
        {
            if (cluster is not null)
            {
                await cluster.DisposeAsync();
            }

            await serveLock.DisposeAsync();
            throw;
        }
    }

    private static async Task<PlatformServer> StartReplicaAsync(
        ServeOptions options,
        ReplicaOptions replica,
        CancellationToken cancellationToken
    )
    {
        options.State.Ensure();
        var app = Build(options, ClusterKinds.Kind, replica.Kubernetes);
        await app.StartAsync(cancellationToken);
        return new PlatformServer(app, null, options, null);
    }

    /// <summary>Returns when the platform was asked to stop.</summary>
    /// <param name="cancellationToken">Asks the platform to stop.</param>
    /// <exception cref="PlatformException">This replica led and does not any more: it must be started anew.</exception>
    public async Task WaitForStopAsync(CancellationToken cancellationToken)
    {
        await _app.WaitForShutdownAsync(cancellationToken);
        if (_app.Services.GetService<LeadershipService>() is { HasLost: true })
        {
            throw new PlatformException("This replica could not keep its lease: another one leads from now on.");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_options.Replica is null)
        {
            _options.State.DeleteEndpoint();
        }

        await _app.StopAsync();
        await _app.DisposeAsync();
        _kubernetes.Dispose(); // before the cluster: it would wait for the open connection
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }

        if (_lock is not null)
        {
            await _lock.DisposeAsync();
        }
    }

    // Whoever looks whether the platform runs holds the lock for an instant: only one that stays held is another server's.
    private static async Task<FileStream> TakeLockAsync(
        StateFolder state,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return new FileStream(state.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (tries < 25)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), time, cancellationToken);
            }
            catch (IOException e)
            {
                throw new PlatformException(
                    $"The platform '{state.Platform}' is served already, by process {state.ReadEndpoint()?.ProcessId}.",
                    "Look at it with: platformctl platform-status",
                    e
                )
                {
                    Kind = FailureKind.Conflict,
                };
            }
        }
    }

    private static WebApplication Build(ServeOptions options, string clusterKind, KubernetesClient kubernetes)
    {
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { ContentRootPath = options.State.Folder }
        );
        // Pods are reached by their own address, everything else on this machine only.
        var address = options.Replica is null ? IPAddress.Loopback : IPAddress.Any;
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(address, options.Port));
        builder.Logging.AddSimpleConsole(c =>
        {
            c.SingleLine = true;
            c.TimestampFormat = "yyyy-MM-dd HH:mm:ss.fff ";
            c.UseUtcTimestamp = true;
            c.ColorBehavior = LoggerColorBehavior.Disabled;
        });
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Services.AddRouting();
        builder.Services.AddOpenApi("v1");
        builder.Services.ConfigureHttpJsonOptions(j =>
            j.SerializerOptions.TypeInfoResolverChain.Insert(0, PlatformJson.Default)
        );
        builder.Services.AddSingleton(options).AddSingleton(options.Time);
        builder.Services.AddStores(options);
        builder.Services.AddCluster(options, clusterKind, kubernetes);
        builder.Services.AddReconciliation(options);

        var app = builder.Build();
        app.UseProblems();
        app.UseBearerToken(options.Replica?.Token ?? options.State.EnsureToken());
        app.UseLeaderForwarding();
        app.UseFirstLook();
        app.UseRouting();
        app.UseEndpoints(_ => { });
        app.MapEnvironments();
        app.MapPlatform();
        app.MapWorkspace();
        app.MapRegistryEvents();
        app.MapOpenApi();
        return app;
    }
}
