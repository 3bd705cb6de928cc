using PlatformLocal.Kubernetes.Transport;

namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>One object as it should be.</summary>
/// <param name="Service">The service it belongs to.</param>
/// <param name="Reference">Which object.</param>
/// <param name="Content">What is applied: labelled, with its namespace.</param>
/// <param name="Wave">When it is applied within its service.</param>
internal sealed record DesiredObject(string Service, ObjectReference Reference, JsonObject Content, Wave Wave)
{
    /// <summary>Whether other environments may bring the same object.</summary>
    public bool IsShared => Reference.Namespace is null;

    public ObjectKey Key { get; } = ObjectKey.Of(Reference);

    /// <summary>Changes when the content does.</summary>
    public string Hash { get; } = Convert.ToBase64String(SHA256.HashData(JsonBody.Write(Content).Span).AsSpan(0, 12));

    public ObjectChange Change(ChangeKind change) =>
        new(change, Service, Reference.ApiVersion, Reference.Kind, Reference.Namespace, Reference.Name);
}
