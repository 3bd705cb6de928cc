using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Console;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Ansible;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Deployment.Manifests;
using PlatformLocal.Deployment.ObjectStore;
using PlatformLocal.Deployment.SearchIndex;
using PlatformLocal.Deployment.Secrets;
using PlatformLocal.Deployment.Sources;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes;
using PlatformLocal.Kubernetes.Leadership;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Clusters;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Platform.State;
using PlatformLocal.Server.Endpoints;
using PlatformLocal.Server.Environments;
using PlatformLocal.Server.Reconciliation;

namespace PlatformLocal.Server;

/// <summary>How a platform is served.</summary>
public sealed record ServeOptions
{
    /// <summary>The platform's state folder.</summary>
    public required StateFolder State { get; init; }

    /// <summary>The workspace's folder; <see langword="null"/> for one that is uploaded.</summary>
    public required string? Workspace { get; init; }

    /// <summary>The version of the serving program.</summary>
    public required string Version { get; init; }

    /// <summary>The port of the API on 127.0.0.1.</summary>
    /// <value>0, a free one, unless set.</value>
    public int Port { get; init; }

    /// <summary>What is different in a pod; <see langword="null"/> on the host.</summary>
    public ReplicaOptions? Replica { get; init; }

    /// <summary>The clock of everything in the platform.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>How one of several replicas in the platform's cluster is served.</summary>
public sealed record ReplicaOptions
{
    /// <summary>How the replicas agree on who leads.</summary>
    public required LeaderElectionOptions Election { get; init; }

    /// <summary>The bearer token of the API, the same for all replicas.</summary>
    public required string Token { get; init; }

    /// <summary>The object store that claims are kept in; <see langword="null"/> for the state folder.</summary>
    public S3ObjectStoreOptions? ObjectStore { get; init; }

    /// <summary>How the cluster is reached.</summary>
    public required KubernetesClient Kubernetes { get; init; }
}

/// <summary>The cluster that a platform is served on.</summary>
/// <param name="Kind">One of <see cref="ClusterKinds"/>.</param>
/// <param name="Since">When the serving process started.</param>
internal sealed record ServedCluster(string Kind, DateTimeOffset Since);

/// <summary>A platform in this process: cluster, stores, reconciler and API.</summary>
public sealed partial class PlatformServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly IAsyncDisposable? _cluster;
    private readonly KubernetesClient _kubernetes;
    private readonly ServeOptions _options;
    private readonly FolderLock? _lock;
    private readonly CancellationTokenSource _stopLeading = new();
    private Task<bool> _leading = Task.FromResult(false);

    private PlatformServer(WebApplication app, IAsyncDisposable? cluster, ServeOptions options, FolderLock? serveLock)
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
        IAsyncDisposable? cluster = null;
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
            (var kubernetes, cluster) = await platformCluster.OpenAsync(cancellationToken);
            var app = Build(options, platformCluster, kubernetes);
            await app.StartAsync(cancellationToken);
            app.Services.GetRequiredService<Reconciler>().Start();
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
        var cluster = ClusterOf(options, new PlatformSettings(ClusterKinds.Kind, ""));
        var app = Build(options, cluster, replica.Kubernetes);
        await app.StartAsync(cancellationToken);
        var server = new PlatformServer(app, null, options, null);
        var election = app.Services.GetRequiredService<LeaderElection>();
        server._leading = election.RunAsync(server.LeadAsync, server.LogElection, server._stopLeading.Token);
        return server;
    }

    /// <summary>Returns when the platform was asked to stop.</summary>
    /// <param name="cancellationToken">Asks the platform to stop.</param>
    /// <exception cref="PlatformException">This replica led and does not any more: it must be started anew.</exception>
    public async Task WaitForStopAsync(CancellationToken cancellationToken)
    {
        await _app.WaitForShutdownAsync(cancellationToken);
        if (_leading.IsCompleted && await _leading)
        {
            throw new PlatformException("This replica could not keep its lease: another one leads from now on.");
        }
    }

    // Whoever cannot lead any more ends: a new process begins with nothing half done.
    private async Task LeadAsync(CancellationToken cancellationToken)
    {
        var reconciler = _app.Services.GetRequiredService<Reconciler>();
        await MoveClaimsAsync(cancellationToken);
        reconciler.Start();
        LogElection($"{_options.Replica!.Election.Identity} leads");
        await Task.Delay(Timeout.InfiniteTimeSpan, _options.Time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await reconciler.StopAsync();
        _app.Lifetime.StopApplication();
    }

    // A platform that gets an object store later must not take its empty bucket for the wish to remove everything.
    private async Task MoveClaimsAsync(CancellationToken cancellationToken)
    {
        if (_options.Replica!.ObjectStore is null || !Directory.Exists(_options.State.Buckets))
        {
            return;
        }

        using var before = new DirectoryObjectStore(_options.State.Buckets, _options.Time);
        var moved = await _app.Services.GetRequiredService<ClaimStore>().TakeOverAsync(before, cancellationToken);
        Directory.Delete(_options.State.Buckets, recursive: true);
        LogElection($"{moved} objects moved from the volume to the object store");
    }

    private void LogElection(string message) =>
        LogElection(_app.Services.GetRequiredService<ILogger<PlatformServer>>(), message);

    [LoggerMessage(LogLevel.Information, "{Message}")]
    private static partial void LogElection(ILogger logger, string message);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_options.Replica is null)
        {
            _options.State.DeleteEndpoint();
        }

        await _stopLeading.CancelAsync();
        await _leading;
        _stopLeading.Dispose();
        await _app.Services.GetRequiredService<Reconciler>().StopAsync();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _kubernetes.Dispose(); // before the cluster: it would wait for the open connection
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }

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
            $"The platform '{state.Platform}' is served already, by process {FolderLock.HolderOf(state.Lock)?.ProcessId}.",
            "Look at it with: platformctl platform-status"
        )
        {
            Kind = FailureKind.Conflict,
        };

    private static WebApplication Build(ServeOptions options, ICluster cluster, KubernetesClient kubernetes)
    {
        var state = options.State;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = state.Folder });
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
        var services = builder.Services;
        services.AddRouting();
        services.AddOpenApi("v1");
        services.ConfigureHttpJsonOptions(j =>
            j.SerializerOptions.TypeInfoResolverChain.Insert(0, PlatformJson.Default)
        );
        services.AddSingleton(options).AddSingleton(options.Time).AddSingleton(kubernetes);
        services.AddSingleton(new ServedCluster(cluster.Kind, options.Time.GetUtcNow()));
        services.AddSingleton<IObjectStore>(_ =>
            options.Replica?.ObjectStore is { } s3
                ? new S3ObjectStore(s3, options.Time)
                : new DirectoryObjectStore(state.Buckets, options.Time)
        );
        services.AddSingleton<ISearchIndex, MemorySearchIndex>();
        services.AddSingleton<ISecretStore>(_ => new EncryptedFileSecretStore(state.Secrets));
        services.AddSingleton<IDelivery>(_ => new DirectDelivery(
            kubernetes,
            new DirectDeliveryOptions { TimeProvider = options.Time }
        ));
        services.AddSingleton(p => new EnvironmentDeliveries(
            p.GetRequiredService<IDelivery>(),
            OwnClusters(options, cluster, kubernetes),
            options.Time
        ));
        services.AddSingleton<ClaimStore>().AddSingleton<EnvironmentFeed>();
        services.AddSingleton(
            options.Workspace is { } folder ? WorkspaceSource.At(folder) : WorkspaceSource.UploadedTo(state.Workspaces)
        );
        services.AddSingleton(_ => new ServiceResolution(state.Sources, new ProgramRunner(options.Time), options.Time));
        services.AddSingleton(p => new ClaimCompiler(
            p.GetRequiredService<WorkspaceSource>(),
            p.GetRequiredService<ServiceResolution>(),
            new ManifestRenderer(
                new KubectlKustomize(new ProgramRunner(options.Time)).BuildAsync,
                async (apiVersion, kind, token) =>
                    (await kubernetes.Resources.MapAsync(apiVersion, kind, token)).IsNamespaced,
                (name, service, token) =>
                    EnvironmentSecrets.OfAsync(p.GetRequiredService<ISecretStore>(), name, service, token)
            ),
            new ServicePlaybooks(
                new AnsiblePlaybooks(new ProgramRunner(options.Time)),
                kubernetes,
                options.Replica is null ? cluster.Playbooks : new PlaybookCluster(null) // the pod's service account
            ),
            p.GetRequiredService<EnvironmentDeliveries>(),
            cluster.Kind
        ));
        services.AddSingleton<EnvironmentUpdates>();
        services.AddSingleton(p => new EnvironmentReconciliation(
            p.GetRequiredService<ClaimStore>(),
            p.GetRequiredService<ClaimCompiler>(),
            p.GetRequiredService<EnvironmentDeliveries>(),
            p.GetRequiredService<EnvironmentUpdates>(),
            p.GetRequiredService<ISecretStore>(),
            p.GetRequiredService<ISearchIndex>(),
            p.GetRequiredService<EnvironmentFeed>(),
            simulated: cluster.IsSimulated,
            options.Time,
            p.GetRequiredService<ILogger<EnvironmentReconciliation>>()
        ));
        services.AddSingleton(p => new Reconciler(
            p.GetRequiredService<ClaimStore>(),
            p.GetRequiredService<EnvironmentReconciliation>(),
            token => EnvironmentsInClusterAsync(kubernetes, cluster, token),
            p.GetRequiredService<EnvironmentFeed>(),
            options.Time,
            p.GetRequiredService<ILogger<Reconciler>>()
        ));
        services.AddSingleton<EnvironmentWriter>();
        if (options.Replica is { } replica)
        {
            services.AddSingleton(new LeaderElection(kubernetes, replica.Election, options.Time));
            services.AddSingleton<LeaderForwarding>();
        }

        var app = builder.Build();
        var token = Encoding.UTF8.GetBytes("Bearer " + (options.Replica?.Token ?? state.EnsureToken()));
        app.Use(next => context => ProblemAnswers.AnswerProblemsAsync(context, next));
        app.Use(next => context => AuthorizeAsync(context, token, next));
        if (app.Services.GetService<LeaderForwarding>() is { } forwarding)
        {
            app.Use(next => context => forwarding.AnswerAsync(context, next));
        }

        var reconciler = app.Services.GetRequiredService<Reconciler>();
        app.Use(next => context => WhenKnownAsync(context, reconciler, next));
        app.UseRouting();
        app.UseEndpoints(_ => { });
        app.MapEnvironments();
        app.MapPlatform();
        app.MapWorkspace();
        app.MapRegistryEvents();
        app.MapOpenApi();
        return app;
    }

    private static Task AuthorizeAsync(HttpContext context, byte[] expected, RequestDelegate next)
    {
        var given = Encoding.UTF8.GetBytes(context.Request.Headers.Authorization.ToString());
        if (
            context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase)
            && !CryptographicOperations.FixedTimeEquals(given, expected)
        )
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        }

        return next(context);
    }

    /// <summary>How clusters of their own are reached: from a pod as they are registered, from the host as they run.</summary>
    private static ConnectEnvironmentCluster? OwnClusters(
        ServeOptions options,
        ICluster cluster,
        KubernetesClient platform
    )
    {
        var state = options.State;
        if (!cluster.HasOthersBeside)
        {
            return null;
        }

        if (options.Replica is null)
        {
            var clusters = new KindClusters(new ProgramRunner(options.Time), options.Time);
            return async (environment, token) =>
            {
                var folder = state.EnvironmentCluster(environment);
                return Directory.Exists(folder)
                    ? await clusters.ConnectAsync(
                        EnvironmentCluster.OwnerOf(state.Platform, environment),
                        folder,
                        token
                    )
                    : null;
            };
        }

        return async (environment, token) =>
        {
            if (await EnvironmentCluster.FindKubeconfigAsync(platform, environment, token) is not { } kubeconfig)
            {
                return null;
            }

            var file = Path.Combine(Directory.CreateTempSubdirectory("platform-local-").FullName, "kubeconfig");
            try
            {
                await File.WriteAllTextAsync(file, kubeconfig, token);
                return KubernetesClient.FromKubeconfig(
                    file,
                    null,
                    new KubernetesClientOptions { TimeProvider = options.Time }
                );
            }
            finally
            {
                Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
            }
        };
    }

    // Right after the start nothing is known of environments that are there: nobody may be told that they are not.
    private static async Task WhenKnownAsync(HttpContext context, Reconciler reconciler, RequestDelegate next)
    {
        var path = context.Request.Path;
        if (
            path.StartsWithSegments(EnvironmentEndpoints.Path, StringComparison.OrdinalIgnoreCase)
            || path.StartsWithSegments(RegistryEventEndpoints.Path, StringComparison.OrdinalIgnoreCase)
        )
        {
            await reconciler.FirstLook.WaitAsync(context.RequestAborted);
        }

        await next(context);
    }

    private static async Task<IReadOnlyList<string>> EnvironmentsInClusterAsync(
        KubernetesClient kubernetes,
        ICluster cluster,
        CancellationToken cancellationToken
    )
    {
        var elsewhere = cluster.HasOthersBeside
            ? await EnvironmentCluster.ListAsync(kubernetes, cancellationToken)
            : [];
        var namespaces = await kubernetes.ListAsync(
            "v1",
            "Namespace",
            null,
            new ListOptions { LabelSelector = ManifestLabels.Environment },
            cancellationToken
        );
        return
        [
            .. namespaces
                .Items.Select(n => (string?)n["metadata"]?["labels"]?[ManifestLabels.Environment])
                .OfType<string>(),
            .. elsewhere,
        ];
    }
}
