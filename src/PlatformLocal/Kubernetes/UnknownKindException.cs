namespace PlatformLocal.Kubernetes;

/// <summary>A cluster does not serve a kind.</summary>
public sealed class UnknownKindException : PlatformException
{
    internal UnknownKindException(string apiVersion, string kind, IReadOnlyList<string> nearest)
        : base(
            $"The cluster knows no {kind} in {apiVersion}.",
            nearest.Count == 0
                ? $"Install the CustomResourceDefinition of {kind}, or correct apiVersion and kind."
                : $"Did you mean {string.Join(" or ", nearest)}? Otherwise install the CustomResourceDefinition of {kind}."
        )
    {
        ApiVersion = apiVersion;
        Nearest = nearest;
        Kind = FailureKind.NotFound;
    }

    /// <summary>Group and version that were asked for.</summary>
    public string ApiVersion { get; }

    /// <summary>The kinds that come nearest, such as <c>apps/v1 Deployment</c>.</summary>
    public IReadOnlyList<string> Nearest { get; }
}
