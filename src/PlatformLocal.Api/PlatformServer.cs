using System.Net;
using System.Security.Cryptography;
using System.Text;
using EmbeddedKubernetes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Console;
using PlatformLocal.Ansible;
using PlatformLocal.Api.Environments;
using PlatformLocal.Api.Reconciliation;
using PlatformLocal.Clusters.Existing;
using PlatformLocal.Clusters.Kind;
using PlatformLocal.Delivery;
using PlatformLocal.Delivery.Direct;
using PlatformLocal.Kubernetes;
using PlatformLocal.Manifests;
using PlatformLocal.ObjectStore;
using PlatformLocal.PlatformApi;
using PlatformLocal.Processes;
using PlatformLocal.SearchIndex;
using PlatformLocal.Secrets;
using PlatformLocal.Services.GatewayApi;
using PlatformLocal.Workspaces;

namespace PlatformLocal.Api;

/// <summary>How a platform is served.</summary>
public sealed record ServeOptions
{
    /// <summary>The platform's state folder.</summary>
    public required StateFolder State { get; init; }

    /// <summary>The workspace's folder.</summary>
    public required string Workspace { get; init; }

    /// <summary>The version of the serving program.</summary>
    public required string Version { get; init; }

    /// <summary>The port of the API on 127.0.0.1.</summary>
    /// <value>0, a free one, unless set.</value>
    public int Port { get; init; }

    /// <summary>The clock of everything in the platform.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>The cluster that a platform is served on.</summary>
/// <param name="Kind">One of <see cref="ClusterKinds"/>.</param>
/// <param name="Since">When the serving process started.</param>
internal sealed record ServedCluster(string Kind, DateTimeOffset Since);

/// <summary>A platform in this process: cluster, stores, reconciler and API.</summary>
public sealed class PlatformServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly EmbeddedCluster? _cluster;
    private readonly KubernetesClient _kubernetes;
    private readonly ServeOptions _options;
    private readonly FileStream _lock;

    private PlatformServer(WebApplication app, EmbeddedCluster? cluster, ServeOptions options, FileStream serveLock)
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
        var state = options.State;
        state.Ensure();
        var serveLock = await TakeLockAsync(state, options.Time, cancellationToken);
        EmbeddedCluster? cluster = null;
        try
        {
            state.DeleteEndpoint(); // left by a process that was killed
            var settings =
                state.ReadSettings() is { } known && known.Workspace == options.Workspace
                    ? known
                    : new PlatformSettings(ClusterKinds.Embedded, options.Workspace);
            state.WriteSettings(settings);
            _ = WorkspaceReader.Read(options.Workspace);
            KubernetesClient kubernetes;
            (kubernetes, cluster) = await OpenClusterAsync(options, settings, cancellationToken);
            var app = Build(options, settings.Cluster, kubernetes);
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

            await serveLock.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns when the platform was asked to stop.</summary>
    /// <param name="cancellationToken">Asks the platform to stop.</param>
    public Task WaitForStopAsync(CancellationToken cancellationToken) => _app.WaitForShutdownAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _options.State.DeleteEndpoint();
        await _app.Services.GetRequiredService<Reconciler>().StopAsync();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _kubernetes.Dispose(); // before the cluster: it would wait for the open connection
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }

        await _lock.DisposeAsync();
    }

    private static async Task<(KubernetesClient Client, EmbeddedCluster? Embedded)> OpenClusterAsync(
        ServeOptions options,
        PlatformSettings settings,
        CancellationToken cancellationToken
    )
    {
        var state = options.State;
        switch (settings.Cluster)
        {
            case ClusterKinds.Kind:
                var clusters = new KindClusters(new ProgramRunner(options.Time), options.Time);
                return (await clusters.ConnectAsync(state.Platform, state.Folder, cancellationToken), null);
            case ClusterKinds.Existing:
                return (ExistingCluster.Open(settings.Kubeconfig, settings.Context, options.Time).Client, null);
            default:
                var cluster = await EmbeddedCluster.StartAsync(
                    new EmbeddedClusterOptions { StateDirectory = state.Cluster, TimeProvider = options.Time },
                    cancellationToken
                );
                state.WriteKubeconfig(cluster.Kubeconfig);
                var client = new KubernetesClient(
                    Kubernetes.Configuration.Kubeconfig.Load(state.Kubeconfig).Connect(),
                    new KubernetesClientOptions { TimeProvider = options.Time }
                );
                await Task.WhenAll(
                    GatewayApiKinds
                        .Definitions()
                        .Select(d => client.ApplyAsync(d, new WriteOptions { Force = true }, cancellationToken))
                );
                return (client, cluster);
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
        var state = options.State;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = state.Folder });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, options.Port));
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
        services.AddSingleton(new ServedCluster(clusterKind, options.Time.GetUtcNow()));
        services.AddSingleton<IObjectStore>(_ => new DirectoryObjectStore(state.Buckets, options.Time));
        services.AddSingleton<ISearchIndex, MemorySearchIndex>();
        services.AddSingleton<ISecretStore>(_ => new EncryptedFileSecretStore(state.Secrets));
        services.AddSingleton<IDelivery>(_ => new DirectDelivery(
            kubernetes,
            new DirectDeliveryOptions { TimeProvider = options.Time }
        ));
        services.AddSingleton<ClaimStore>().AddSingleton<EnvironmentFeed>();
        services.AddSingleton(p => new ClaimCompiler(
            options.Workspace,
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
                clusterKind == ClusterKinds.Existing && state.ReadSettings() is { } settings
                    ? new PlaybookCluster(settings.Kubeconfig, settings.Context)
                    : new PlaybookCluster(state.Kubeconfig)
            ),
            clusterKind
        ));
        services.AddSingleton(p => new EnvironmentReconciliation(
            p.GetRequiredService<ClaimStore>(),
            p.GetRequiredService<ClaimCompiler>(),
            p.GetRequiredService<IDelivery>(),
            p.GetRequiredService<ISecretStore>(),
            p.GetRequiredService<ISearchIndex>(),
            p.GetRequiredService<EnvironmentFeed>(),
            simulated: clusterKind == ClusterKinds.Embedded,
            options.Time,
            p.GetRequiredService<ILogger<EnvironmentReconciliation>>()
        ));
        services.AddSingleton(p => new Reconciler(
            p.GetRequiredService<ClaimStore>(),
            p.GetRequiredService<EnvironmentReconciliation>(),
            token => EnvironmentsInClusterAsync(kubernetes, token),
            p.GetRequiredService<EnvironmentFeed>(),
            options.Time,
            p.GetRequiredService<ILogger<Reconciler>>()
        ));
        services.AddSingleton<EnvironmentWriter>();

        var app = builder.Build();
        var token = Encoding.UTF8.GetBytes("Bearer " + state.EnsureToken());
        app.Use(next => context => ProblemAnswers.AnswerProblemsAsync(context, next));
        app.Use(next => context => AuthorizeAsync(context, token, next));
        app.UseRouting();
        app.UseEndpoints(_ => { });
        app.MapEnvironments();
        app.MapPlatform();
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

    private static async Task<IReadOnlyList<string>> EnvironmentsInClusterAsync(
        KubernetesClient kubernetes,
        CancellationToken cancellationToken
    )
    {
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
        ];
    }
}
