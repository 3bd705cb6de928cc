namespace PlatformLocal.Kubernetes.Transport;

/// <summary>One request to the API server.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">Path and query, beginning with a slash.</param>
/// <param name="What">What it does as in "cannot …", such as <c>apply Deployment shop/web</c>.</param>
internal sealed record ApiRequest(HttpMethod Method, string Path, string What)
{
    public const string Json = "application/json";

    /// <summary>The answer carries only metadata.</summary>
    public const string MetadataList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1," + Json;

    public string Accept { get; init; } = Json;

    public ReadOnlyMemory<byte> Body { get; init; }

    public string ContentType { get; init; } = Json;

    /// <summary>Whether sending it twice does what sending it once does.</summary>
    public bool IsRepeatable { get; init; }

    /// <summary>Whether the body of the answer is read as it comes.</summary>
    public bool IsStream { get; init; }
}

/// <summary>Builds the query part of a path.</summary>
internal sealed class Query(string path)
{
    private readonly StringBuilder _text = new(path);
    private char _separator = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';

    public Query Add(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            _text.Append(_separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
            _separator = '&';
        }
        return this;
    }

    public Query Add(string name, long? value) => Add(name, value?.ToString());

    public Query Add(string name, bool value) => Add(name, value ? "true" : null);

    public override string ToString() => _text.ToString();
}
