using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Logging.Console;
using PlatformLocal.Platform.Clusters;
using PlatformLocal.Platform.State;
using PlatformLocal.Server.Composition;
using PlatformLocal.Server.Endpoints;

namespace PlatformLocal.Server;

/// <summary>A platform in this process: cluster, stores, reconciler and API.</summary>
public sealed class PlatformServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly IAsyncDisposable? _cluster;
    private readonly KubernetesClient _kubernetes;
    private readonly ServeOptions _options;
    private readonly FolderLock? _lock;
    private readonly ILoggerFactory _loggers;

    private PlatformServer(
        WebApplication app,
        IAsyncDisposable? cluster,
        ServeOptions options,
        FolderLock? serveLock,
        ILoggerFactory loggers
    )
    {
        _app = app;
        _loggers = loggers;
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
        state.PutInOrder();
        var serveLock = await TakeLockAsync(state, options.Time, cancellationToken);
        IAsyncDisposable? cluster = null;
        var loggers = Loggers();
        try
        {
            state.DeleteEndpoint(); // left by a process that was killed
            var workspace =
                options.Workspace
                ?? throw new ArgumentException("On the host a workspace is a folder.", nameof(options));
            var settings = state.Settle(workspace);
            _ = WorkspaceReader.Read(workspace);
            state.WriteSettings(settings);
            var platformCluster = ClusterOf(options, settings);
            var opened = await platformCluster.OpenAsync(loggers, cancellationToken);
            cluster = opened.Host;
            var app = await StartAsync(Build(options, platformCluster, opened, loggers), cancellationToken);
            var server = new PlatformServer(app, cluster, options, serveLock, loggers);
            app.Lifetime.ApplicationStopping.Register(state.SetSocketAside);
            LocalSocket.Restrict(state.Socket);
            state.WriteEndpoint(new EndpointDocument(server.Address, System.Environment.ProcessId, options.Version));
            return server;
        }
        catch
        {
            if (cluster is not null)
            {
                await cluster.DisposeAsync();
            }

            loggers.Dispose();
            serveLock.Dispose();
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
        var cluster = ClusterOf(options, new PlatformSettings(ClusterKind.Kind, ""));
        var loggers = Loggers();
        var opened = new OpenCluster(replica.Kubernetes);
        var app = await StartAsync(Build(options, cluster, opened, loggers), cancellationToken);
        return new PlatformServer(app, null, options, null, loggers);
    }

    // The reconciler begins before the listener: it must not go on where that cannot.
    private static async Task<WebApplication> StartAsync(WebApplication app, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
            return app;
        }
        catch (IOException e)
        {
            await app.DisposeAsync();
            throw new PlatformException(
                FailureKind.Conflict,
                $"The API cannot listen: {e.Message}",
                "Choose another port with --port, or 0 for any free one.",
                e
            );
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
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
        try
        {
            if (_options.Replica is null)
            {
                _options.State.DeleteEndpoint();
            }
        }
        finally
        {
            await CloseAsync();
        }
    }

    private async Task CloseAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _kubernetes.Dispose(); // before the cluster: it would wait for the open connection
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }

        _loggers.Dispose();
        _lock?.Dispose();
    }

    private static ICluster ClusterOf(ServeOptions options, PlatformSettings settings) =>
        PlatformClusters.Of(options.State, settings, new ProgramRunner(options.Time), options.Time);

    private static async Task<FolderLock> TakeLockAsync(
        StateFolder state,
        TimeProvider time,
        CancellationToken cancellationToken
    ) =>
        await FolderLock.TryTakeAsync(state.Lock, "serve", TimeSpan.FromSeconds(0.5), null, time, cancellationToken)
        ?? throw new PlatformException(
            FailureKind.Conflict,
            $"The platform '{state.Platform}' is served already, by process {FolderLock.HolderOf(state.Lock)?.ProcessId}.",
            $"Look at it with: {ShellCommand.Platformctl("platform-status")}"
        );

    // Before the application's own: the cluster in this process begins first and ends last.
    private static ILoggerFactory Loggers() =>
        LoggerFactory.Create(logging =>
        {
            logging.AddSimpleConsole(c =>
            {
                c.SingleLine = true;
                c.TimestampFormat = "yyyy-MM-dd HH:mm:ss.fff ";
                c.UseUtcTimestamp = true;
                c.ColorBehavior = LoggerColorBehavior.Disabled;
            });
            logging.AddFilter("Microsoft", LogLevel.Warning);
        });

    private static WebApplication Build(
        ServeOptions options,
        ICluster cluster,
        OpenCluster opened,
        ILoggerFactory loggers
    )
    {
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { ContentRootPath = options.State.Folder }
        );
        // Pods are reached by their own address, everything else on this machine only.
        var address = options.Replica is null ? IPAddress.Loopback : IPAddress.Any;
        var socket = options.Replica is null ? LocalSocket.TryPrepare(options.State.Socket) : null;
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(k =>
            {
                k.Listen(address, options.Port);
                if (socket is not null)
                {
                    k.ListenUnixSocket(socket);
                }
            });
        builder.Services.AddSingleton(loggers);
        builder.Services.AddRouting();
        builder.Services.AddOpenApi("v1");
        builder.Services.ConfigureHttpJsonOptions(j =>
            j.SerializerOptions.TypeInfoResolverChain.Insert(0, PlatformJson.Default)
        );
        builder.Services.AddSingleton(options).AddSingleton(options.Time);
        builder.Services.AddStores(options);
        builder.Services.AddCluster(options, cluster, opened.Client, opened.Registry);
        builder.Services.AddReconciliation(options);

        var app = builder.Build();
        app.UseProblems();
        if (options.Replica is null)
        {
            app.UseLoopbackOnly();
        }

        app.UseBearerToken(options.Replica?.Token ?? options.State.EnsureToken(), options.Time);
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
