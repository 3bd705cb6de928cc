using System.Net;
using System.Security.Cryptography;
using EmbeddedKubernetes.Api;
using EmbeddedKubernetes.Certificates;
using EmbeddedKubernetes.Controllers;
using EmbeddedKubernetes.Objects;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EmbeddedKubernetes;

/// <summary>
/// A Kubernetes API in this process, on a loopback port with TLS. Objects are real; workloads are simulated: pods become
/// ready, or fail as their image says, and nothing is executed.
/// </summary>
public sealed class EmbeddedCluster : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping;
    private readonly WebApplication _app;
    private readonly ObjectStore _store;
    private readonly ControllerLoop _controllers;
    private readonly ServerCertificates _certificates;
    private readonly StateDirectory? _state;
    private readonly string? _temporary;
    private int _disposed;

    private EmbeddedCluster(
        CancellationTokenSource stopping,
        WebApplication app,
        ObjectStore store,
        ControllerLoop controllers,
        ServerCertificates certificates,
        StateDirectory? state,
        string token
    )
    {
        _stopping = stopping;
        _app = app;
        _store = store;
        _controllers = controllers;
        _certificates = certificates;
        _state = state;
        Token = token;
        var port = new Uri(app.Urls.First()).Port;
        Server = new Uri($"https://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}");
        Kubeconfig = WriteKubeconfig(Server, certificates.AuthorityPem, token);
        if (state is not null)
        {
            KubeconfigPath = state.File("kubeconfig");
            state.Write("port", port.ToString(CultureInfo.InvariantCulture));
            state.Write("kubeconfig", Kubeconfig);
        }
        else
        {
            _temporary = Directory.CreateTempSubdirectory("embedded-kubernetes-").FullName;
            KubeconfigPath = Path.Combine(_temporary, "kubeconfig");
            PrivateFile.Write(KubeconfigPath, Kubeconfig);
        }
    }

    /// <summary>The address of the API, such as <c>https://127.0.0.1:40123</c>.</summary>
    public Uri Server { get; }

    /// <summary>A kubeconfig with the address, the authority and the token, as YAML.</summary>
    public string Kubeconfig { get; }

    /// <summary>The file that holds <see cref="Kubeconfig"/>, readable by its owner only: in the state directory, or a temporary one removed on dispose.</summary>
    public string KubeconfigPath { get; }

    /// <summary>The bearer token every request but the health checks must carry.</summary>
    public string Token { get; }

    /// <summary>Starts a cluster and returns when it answers.</summary>
    /// <param name="options">Null takes all defaults.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="EmbeddedClusterException">The state directory is in use or damaged, or the port is taken.</exception>
    public static async Task<EmbeddedCluster> StartAsync(
        EmbeddedClusterOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        options ??= new();
        if (options.Port is < 0 or > IPEndPoint.MaxPort || options.PodStartDelay < TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options),
                "The port is 0 to 65535, and the pod start delay is not negative."
            );
        }
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await StartOnAsync(options, cancellationToken);
        }
        catch (StateDirectoryException e)
        {
            throw new EmbeddedClusterException(e.Message, e);
        }
    }

    private static async Task<EmbeddedCluster> StartOnAsync(
        EmbeddedClusterOptions options,
        CancellationToken cancellationToken
    )
    {
        var loggers = options.LoggerFactory ?? NullLoggerFactory.Instance;
        var state = options.StateDirectory is { } directory
            ? StateDirectory.Open(directory, loggers.CreateLogger<StateDirectory>())
            : null;
        var stopping = new CancellationTokenSource();
        ObjectStore? store = null;
        ControllerLoop? controllers = null;
        Task<ServerCertificates>? keys = null;
        ServerCertificates? certificates = null;
        WebApplication? app = null;
        try
        {
            // Keys take a moment; the store can be read meanwhile.
            var now = options.TimeProvider.GetUtcNow();
            keys = Task.Run(
                () =>
                    state is null
                        ? ServerCertificates.Create(now)
                        : ServerCertificates.LoadOrCreate(state.Path, now, loggers.CreateLogger<ServerCertificates>()),
                cancellationToken
            );
            var token = state?.ReadOrCreateToken() ?? NewToken();
            store = OpenStore(state, loggers);
            var catalogue = new ResourceCatalogue();
            var objects = new ClusterObjects(store, catalogue, options.TimeProvider);
            objects.LoadDefinitions();
            certificates = await keys;
            controllers = new ControllerLoop(
                objects,
                options.PodStartDelay,
                certificates.AuthorityPem,
                loggers.CreateLogger<ControllerLoop>()
            );
            Bootstrap.EnsureBasics(objects);
            var server = new ApiServer(objects, token, loggers.CreateLogger<ApiServer>(), stopping.Token);
            app = await ListenAsync(server, certificates, options.Port, state, cancellationToken);
            // Not before: looking at everything once takes the processor from those who wait for the start.
            controllers.Start();
            return new EmbeddedCluster(stopping, app, store, controllers, certificates, state, token);
        }
        catch
        {
            await stopping.CancelAsync();
            if (app is not null)
            {
                await app.DisposeAsync();
            }
            if (controllers is not null)
            {
                await controllers.DisposeAsync();
            }
            store?.Dispose();
            if (keys is not null)
            {
                // They write into the folder, which is let go of now.
                await Task.WhenAny(keys);
                certificates = keys.IsCompletedSuccessfully ? await keys : null;
            }
            certificates?.Server.Dispose();
            state?.Dispose();
            stopping.Dispose();
            throw;
        }
    }

    /// <summary>Ends every watch, stops the server, writes what is still to be written and removes temporary files.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }
        await _stopping.CancelAsync();
        using (var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2)))
        {
            try
            {
                await _app.StopAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                // Connections that would not end are cut by the disposal below.
            }
        }
        await _app.DisposeAsync();
        await _controllers.DisposeAsync();
        _store.Dispose();
        _certificates.Server.Dispose();
        _state?.Dispose();
        _stopping.Dispose();
        if (_temporary is not null)
        {
            try
            {
                Directory.Delete(_temporary, recursive: true);
            }
            catch (DirectoryNotFoundException)
            {
                // Somebody cleaned up before us.
            }
        }
    }

    private static ObjectStore OpenStore(StateDirectory? state, ILoggerFactory loggers)
    {
        try
        {
            var store = ObjectStore.Open(state?.Path, loggers.CreateLogger<ObjectStore>());
            // A port is only written down by a cluster that has objects.
            if (store.IsNew && state?.ReadPort() is not null)
            {
                store.Dispose();
                throw new EmbeddedClusterException(
                    $"The objects of this cluster are lost: {state.File("store.journal")} is missing or holds none, and the "
                        + $"cluster had some. Put a copy of it back, or begin with an empty cluster: rm {state.File("port")}"
                );
            }
            return store;
        }
        catch (Exception e) when ((e is IOException or UnauthorizedAccessException) && state is not null)
        {
            throw new EmbeddedClusterException(
                $"The objects kept in {state.Path} cannot be read: {e.Message} Check the disk and the permissions of the folder.",
                e
            );
        }
    }

    private static string NewToken() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));

    private static async Task<WebApplication> ListenAsync(
        ApiServer server,
        ServerCertificates certificates,
        int port,
        StateDirectory? state,
        CancellationToken cancellationToken
    )
    {
        var remembered = port == 0 ? state?.ReadPort() ?? 0 : port;
        try
        {
            return await ListenOnAsync(server, certificates, remembered, cancellationToken);
        }
        catch (IOException) when (port == 0 && remembered != 0)
        {
            return await ListenOnAsync(server, certificates, 0, cancellationToken);
        }
        catch (IOException e)
        {
            throw new EmbeddedClusterException(
                $"Port {port} on 127.0.0.1 is taken: {e.Message} Choose another one, or 0 for any free port.",
                e
            );
        }
    }

    private static async Task<WebApplication> ListenOnAsync(
        ApiServer server,
        ServerCertificates certificates,
        int port,
        CancellationToken cancellationToken
    )
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder
            .WebHost.UseKestrelCore()
            .UseKestrelHttpsConfiguration()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = null;
                kestrel.Limits.MinResponseDataRate = null;
                kestrel.Limits.MinRequestBodyDataRate = null;
                kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
                kestrel.Listen(
                    IPAddress.Loopback,
                    port,
                    listen =>
                    {
                        listen.Protocols = HttpProtocols.Http1AndHttp2;
                        listen.UseHttps(certificates.Server);
                    }
                );
            });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        var app = builder.Build();
        ((IApplicationBuilder)app).Run(server.HandleAsync);
        try
        {
            await app.StartAsync(cancellationToken);
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    private static string WriteKubeconfig(Uri server, string authority, string token)
    {
        var ca = Convert.ToBase64String(Encoding.UTF8.GetBytes(authority));
        return $"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: embedded
              cluster:
                server: {server.GetLeftPart(UriPartial.Authority)}
                certificate-authority-data: {ca}
            users:
            - name: embedded
              user:
                token: {token}
            contexts:
            - name: embedded
              context:
                cluster: embedded
                user: embedded
            current-context: embedded

            """;
    }
}
