using PlatformLocal.Kubernetes.Transport;

namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>One object as it should be.</summary>
/// <param name="Service">The service it belongs to.</param>
/// <param name="Reference">Which object.</param>
/// <param name="Content">What is applied: labelled, with its namespace.</param>
/// <param name="Wave">When it is applied within its service.</param>
internal sealed record DesiredObject(string Service, ObjectReference Reference, JsonObject Content, Wave Wave)
{
    /// <summary>Who owns its fields in the end, where that is not the delivery's own field manager.</summary>
    public string? FieldManager { get; init; }

    /// <summary>Whether other environments may bring the same object.</summary>
    public bool IsShared => Reference.Namespace is null;

    /// <summary>Where its manifest can be edited: file and line; <see langword="null"/> when that is not known, or nowhere.</summary>
    public string? Place { get; init; }

    public ObjectKey Key { get; } = ObjectKey.Of(Reference);

    /// <summary>Changes when the content does.</summary>
    public string Hash { get; } = HashOf(Content);

    /// <summary>Changes when what it is for any environment does: not by whose it is.</summary>
    public string SharedHash
    {
        get
        {
            var content = (JsonObject)Content.DeepClone();
            foreach (string label in s_ownLabels)
            {
                content.Metadata().Child("labels")?.Remove(label);
            }
            content.Metadata().Child("annotations")?.Remove(DeliveryLabels.ContentHash);
            return HashOf(content);
        }
    }

    public ObjectChange Change(ChangeKind change) =>
        new(change, Service, Reference.ApiVersion, Reference.Kind, Reference.Namespace, Reference.Name);

    // What differs between environments that bring the same.
    private static readonly string[] s_ownLabels =
    [
        DeliveryLabels.Environment,
        DeliveryLabels.Service,
        "app.kubernetes.io/instance",
        "app.kubernetes.io/part-of",
        "app.kubernetes.io/version",
    ];

    private static string HashOf(JsonObject content) =>
        Convert.ToBase64String(SHA256.HashData(JsonBody.Write(content).Span).AsSpan(0, 12));
}
