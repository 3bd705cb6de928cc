using PlatformLocal.Kubernetes.Configuration;
using PlatformLocal.Kubernetes.Discovery;
using PlatformLocal.Kubernetes.Transport;

namespace PlatformLocal.Kubernetes;

/// <summary>
/// Talks to the API server of one cluster. Objects are plain JSON, so every kind a cluster serves can be handled;
/// nothing is asked or connected before it is needed.
/// </summary>
public sealed partial class KubernetesClient : IDisposable
{
    private readonly KubernetesClientOptions _options;
    private readonly ApiTransport _transport;
    private readonly ObjectLister _lister;

    /// <summary>A client for one cluster.</summary>
    /// <param name="connection">How to reach it.</param>
    /// <param name="options">How to behave; the defaults when <see langword="null"/>.</param>
    public KubernetesClient(ClusterConnection connection, KubernetesClientOptions? options = null)
    {
        Connection = connection;
        _options = options ?? new KubernetesClientOptions();
        _transport = new ApiTransport(connection, _options);
        _lister = new ObjectLister(_transport, _options);
        Resources = new ApiResources(_transport);
    }

    /// <summary>How the cluster is reached.</summary>
    public ClusterConnection Connection { get; }

    /// <summary>Where each kind is served.</summary>
    public ApiResources Resources { get; }

    /// <summary>A client for what kubectl would talk to: a kubeconfig's context, or inside of a pod its own cluster.</summary>
    /// <param name="kubeconfig">The kubeconfig file; <see langword="null"/> for <c>KUBECONFIG</c> or <c>~/.kube/config</c>.</param>
    /// <param name="context">The context; <see langword="null"/> for the current one.</param>
    /// <param name="options">How to behave; the defaults when <see langword="null"/>.</param>
    /// <exception cref="PlatformException">The kubeconfig is missing or wrong.</exception>
    public static KubernetesClient FromKubeconfig(
        string? kubeconfig = null,
        string? context = null,
        KubernetesClientOptions? options = null
    )
    {
        if (kubeconfig is not null)
        {
            return new KubernetesClient(Kubeconfig.Load(kubeconfig).Connect(context), options);
        }
        Kubeconfig config = Kubeconfig.LoadDefault(Environment.GetEnvironmentVariable("KUBECONFIG"));
        ClusterConnection? inside =
            context is null && config.CurrentContext is null
                ? InClusterConfiguration.Find(Environment.GetEnvironmentVariable)
                : null;
        return new KubernetesClient(inside ?? config.Connect(context), options);
    }

    /// <summary>What the server is.</summary>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="KubernetesException">The server refuses or cannot be reached.</exception>
    public async Task<ServerVersion> GetVersionAsync(CancellationToken cancellationToken)
    {
        JsonObject version = await ReadAsync(
            new ApiRequest(HttpMethod.Get, "/version", "ask for the version") { IsRepeatable = true },
            cancellationToken
        );
        return new ServerVersion(version.Text("gitVersion") ?? "", Number("major"), Number("minor"));

        // Some vendors write "20+".
        int Number(string field) =>
            int.TryParse(
                version.Text(field)?.TrimEnd('+'),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out int number
            )
                ? number
                : 0;
    }

    /// <summary>Whether the server is ready to serve.</summary>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="KubernetesException">The server cannot be reached, or refuses to say.</exception>
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Not repeated: the caller wants to know how it is now.
            var request = new ApiRequest(HttpMethod.Get, "/readyz", "ask whether the server is ready");
            using HttpResponseMessage response = await _transport.SendAsync(request, cancellationToken);
            return true;
        }
        catch (KubernetesException fault) when (fault.Code >= 500)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Resources.Dispose();
        _transport.Dispose();
    }

    private async Task<JsonObject> ReadAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await _transport.SendAsync(request, cancellationToken);
        return await JsonBody.ReadAsync(response, request.What, cancellationToken);
    }

    private async ValueTask<string> LocateAsync(
        ObjectReference reference,
        string? subresource,
        CancellationToken cancellationToken
    )
    {
        ResourceMapping mapping = await Resources.MapAsync(reference.ApiVersion, reference.Kind, cancellationToken);
        return mapping.Path(NamespaceFor(mapping, reference), reference.Name, subresource);
    }

    private string? NamespaceFor(ResourceMapping mapping, ObjectReference reference) =>
        mapping.IsNamespaced ? reference.Namespace ?? Connection.Namespace ?? "default" : null;
}
