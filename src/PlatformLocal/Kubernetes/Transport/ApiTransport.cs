using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using PlatformLocal.Kubernetes.Configuration;
using Polly;

namespace PlatformLocal.Kubernetes.Transport;

/// <summary>Sends requests: credentials, timeouts, retries, and refusals as <see cref="KubernetesException"/>.</summary>
internal sealed class ApiTransport : IDisposable
{
    private static readonly ProductInfoHeaderValue s_userAgent = new(
        "platform-local",
        typeof(ApiTransport).Assembly.GetName().Version?.ToString(3)
    );

    private readonly ClusterConnection _connection;
    private readonly KubernetesClientOptions _options;
    private readonly CredentialSource _credentials;
    private readonly Lazy<HttpMessageInvoker> _invoker;
    private readonly Lazy<ResiliencePipeline<HttpResponseMessage>> _repeatable;
    private readonly Lazy<ResiliencePipeline<HttpResponseMessage>> _once;
    private readonly string _base;
    private volatile bool _wasReached;

    public ApiTransport(ClusterConnection connection, KubernetesClientOptions options)
    {
        _connection = connection;
        _options = options;
        _base = connection.Server.ToString().TrimEnd('/');
        _credentials = new CredentialSource(connection, options.TimeProvider);
        _invoker = new(() =>
            new HttpMessageInvoker(ConnectionHandler.Create(connection, () => _credentials.Certificate))
        );
        _repeatable = new(() => RetryRules.Build(options, isRepeatable: true, () => _wasReached));
        _once = new(() => RetryRules.Build(options, isRepeatable: false, () => _wasReached));
    }

    /// <summary>Sends a request, again where that is safe.</summary>
    /// <returns>A successful answer; its body is in memory unless the request asked for a stream.</returns>
    /// <exception cref="KubernetesException">The server refused, or did not answer.</exception>
    public async Task<HttpResponseMessage> SendAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response;
        try
        {
            response = await (request.IsRepeatable ? _repeatable : _once).Value.ExecuteAsync(
                static async (state, token) => await state.Transport.AttemptAsync(state.Request, token),
                (Transport: this, Request: request),
                cancellationToken
            );
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or RequestTimeoutException)
        {
            throw Unreachable(request, fault);
        }
        if (response.IsSuccessStatusCode)
        {
            return response;
        }
        using (response)
        {
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            throw KubernetesException.From(request.What, (int)response.StatusCode, body);
        }
    }

    public void Dispose()
    {
        if (_invoker.IsValueCreated)
        {
            _invoker.Value.Dispose();
        }
        _credentials.Dispose();
    }

    private async Task<HttpResponseMessage> AttemptAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        Credential credential = await _credentials.GetAsync(cancellationToken);
        HttpResponseMessage response = await SendOnceAsync(request, credential, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Unauthorized && _credentials.IsRenewable)
        {
            response.Dispose();
            credential = await _credentials.RenewAsync(credential, cancellationToken);
            response = await SendOnceAsync(request, credential, cancellationToken);
        }
        return response;
    }

    private async Task<HttpResponseMessage> SendOnceAsync(
        ApiRequest request,
        Credential credential,
        CancellationToken cancellationToken
    )
    {
        using var timeout = new CancellationTokenSource(_options.RequestTimeout, _options.TimeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        HttpResponseMessage? response = null;
        try
        {
            using HttpRequestMessage message = Build(request, credential);
            response = await _invoker.Value.SendAsync(message, both.Token);
            _wasReached = true;
            if (!request.IsStream || !response.IsSuccessStatusCode)
            {
                await response.Content.LoadIntoBufferAsync(both.Token);
            }
            return response;
        }
        catch (OperationCanceledException fault) when (!cancellationToken.IsCancellationRequested)
        {
            response?.Dispose();
            throw new RequestTimeoutException(_options.RequestTimeout, fault);
        }
        catch
        {
            response?.Dispose();
            throw;
        }
    }

    private HttpRequestMessage Build(ApiRequest request, Credential credential)
    {
        var message = new HttpRequestMessage(request.Method, _base + request.Path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        message.Headers.TryAddWithoutValidation("Accept", request.Accept);
        message.Headers.UserAgent.Add(s_userAgent);
        if (credential.Authorization is { } authorization)
        {
            message.Headers.TryAddWithoutValidation("Authorization", authorization);
        }
        if (_connection.Credentials.Impersonate is { } user)
        {
            message.Headers.TryAddWithoutValidation("Impersonate-User", user);
            message.Headers.TryAddWithoutValidation("Impersonate-Group", _connection.Credentials.ImpersonateGroups);
        }
        if (_connection.TlsServerName is { } name)
        {
            // The handler takes the name for SNI and for the certificate check from here.
            message.Headers.Host = name;
        }
        if (!request.Body.IsEmpty)
        {
            message.Content = new ReadOnlyMemoryContent(request.Body);
            message.Content.Headers.TryAddWithoutValidation("Content-Type", request.ContentType);
        }
        return message;
    }

    private KubernetesException Unreachable(ApiRequest request, Exception fault)
    {
        bool isUntrusted = fault is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError };
        string reason = Innermost(fault).TrimEnd('.');
        string[] context = _connection.Context is { } name ? ["--context", name] : [];
        return isUntrusted
            ? new KubernetesException(
                $"Cannot {request.What}: no trusted connection to {_connection.Server}: {reason}.",
                "The kubeconfig may belong to an older cluster of the same address, or lack the client certificate; fetch it again.",
                fault
            )
            {
                Code = 0,
                Reason = "Untrusted",
            }
            : new KubernetesException(
                $"Cannot {request.What}: {_connection.Server} cannot be reached: {reason}.",
                $"Check that the cluster is running: {ShellCommand.Kubectl(null, ["cluster-info", .. context])}",
                fault
            )
            {
                Code = 0,
                Reason = "Unreachable",
            };
    }

    private static string Innermost(Exception fault)
    {
        while (fault.InnerException is { } inner && fault is not (AuthenticationException or RequestTimeoutException))
        {
            fault = inner;
        }
        return fault.Message;
    }
}
