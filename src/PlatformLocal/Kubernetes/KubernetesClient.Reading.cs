using System.Runtime.CompilerServices;
using PlatformLocal.Kubernetes.Transport;

namespace PlatformLocal.Kubernetes;

public sealed partial class KubernetesClient
{
    /// <summary>Reads an object.</summary>
    /// <param name="reference">Which one; without a namespace, a namespaced kind is looked for in the context's.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="KubernetesException">It does not exist, or the server refuses or cannot be reached.</exception>
    public async Task<JsonObject> GetAsync(ObjectReference reference, CancellationToken cancellationToken)
    {
        string path = await LocateAsync(reference, subresource: null, cancellationToken);
        var request = new ApiRequest(HttpMethod.Get, path, $"read {reference}") { IsRepeatable = true };
        return await ReadAsync(request, cancellationToken);
    }

    /// <summary>Reads an object that may not exist.</summary>
    /// <param name="reference">Which one.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>The object, or <see langword="null"/>.</returns>
    /// <exception cref="KubernetesException">The server refuses or cannot be reached.</exception>
    public async Task<JsonObject?> FindAsync(ObjectReference reference, CancellationToken cancellationToken)
    {
        try
        {
            return await GetAsync(reference, cancellationToken);
        }
        catch (KubernetesException fault) when (fault.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>Reads all objects of a kind.</summary>
    /// <param name="apiVersion">Group and version.</param>
    /// <param name="kind">Kind.</param>
    /// <param name="targetNamespace">The namespace; <see langword="null"/> for all.</param>
    /// <param name="options">Which of them.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The kind is unknown, or the server refuses or cannot be reached.</exception>
    public async Task<ObjectList> ListAsync(
        string apiVersion,
        string kind,
        string? targetNamespace,
        ListOptions? options,
        CancellationToken cancellationToken
    )
    {
        ResourceMapping mapping = await Resources.MapAsync(apiVersion, kind, cancellationToken);
        return await _lister.ListAsync(mapping, targetNamespace, options ?? new ListOptions(), cancellationToken);
    }

    /// <summary>
    /// Tells every change of a kind's objects, without gaps: broken connections and states the server has forgotten are
    /// made up for. Ends only by cancellation or failure.
    /// </summary>
    /// <param name="apiVersion">Group and version.</param>
    /// <param name="kind">Kind.</param>
    /// <param name="targetNamespace">The namespace; <see langword="null"/> for all.</param>
    /// <param name="options">Which of them, and from where on.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="PlatformException">The kind is unknown, or the server refuses or stays out of reach.</exception>
    public async IAsyncEnumerable<WatchEvent> WatchAsync(
        string apiVersion,
        string kind,
        string? targetNamespace,
        WatchOptions? options,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        ResourceMapping mapping = await Resources.MapAsync(apiVersion, kind, cancellationToken);
        var watch = new ObjectWatch(
            _transport,
            _lister,
            _options,
            mapping,
            targetNamespace,
            options ?? new WatchOptions()
        );
        await foreach (WatchEvent change in watch.RunAsync(cancellationToken))
        {
            yield return change;
        }
    }

    /// <summary>Reads what a container has written so far.</summary>
    /// <param name="targetNamespace">The pod's namespace.</param>
    /// <param name="pod">The pod.</param>
    /// <param name="options">Which part.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="KubernetesException">There is no such pod or log, or the server refuses or cannot be reached.</exception>
    public async Task<string> ReadLogsAsync(
        string targetNamespace,
        string pod,
        LogOptions? options,
        CancellationToken cancellationToken
    )
    {
        string path = new Query(
            $"/api/v1/namespaces/{Uri.EscapeDataString(targetNamespace)}/pods/{Uri.EscapeDataString(pod)}/log"
        )
            .Add("container", options?.Container)
            .Add("previous", options?.Previous == true)
            .Add("tailLines", options?.TailLines)
            .ToString();
        var request = new ApiRequest(HttpMethod.Get, path, $"read the log of Pod {targetNamespace}/{pod}")
        {
            Accept = "*/*",
            IsRepeatable = true,
        };
        return await ReadTextAsync(request, cancellationToken);
    }

    /// <summary>Asks a Service over HTTP, through the API server.</summary>
    /// <param name="targetNamespace">The Service's namespace.</param>
    /// <param name="service">The Service.</param>
    /// <param name="port">The name or the number of its port.</param>
    /// <param name="path">What is asked for, beginning with a slash.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>The body of the answer.</returns>
    /// <exception cref="KubernetesException">The Service has no ready pod, its answer is no success, or the server refuses.</exception>
    public async Task<string> AskServiceAsync(
        string targetNamespace,
        string service,
        string port,
        string path,
        CancellationToken cancellationToken
    )
    {
        string target = $"{Uri.EscapeDataString(service)}:{Uri.EscapeDataString(port)}";
        var request = new ApiRequest(
            HttpMethod.Get,
            $"/api/v1/namespaces/{Uri.EscapeDataString(targetNamespace)}/services/{target}/proxy{path}",
            $"ask {path} of Service {targetNamespace}/{service}"
        )
        {
            Accept = "*/*",
        };
        return await ReadTextAsync(request, cancellationToken);
    }

    private async Task<string> ReadTextAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await _transport.SendAsync(request, cancellationToken);
        return await response.Content.ReadAsStringAsync(cancellationToken);
    }
}
