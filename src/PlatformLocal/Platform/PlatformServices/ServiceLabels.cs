namespace PlatformLocal.Platform.PlatformServices;

/// <summary>The labels that say to which platform service an object belongs.</summary>
internal static class ServiceLabels
{
    /// <summary>Whose value is the service's name.</summary>
    public const string Service = "platform.local/platform-service";

    private const string ManagedBy = "app.kubernetes.io/managed-by";
    private const string Us = "platform-local";

    /// <summary>Selects the objects of a service.</summary>
    public static string Selector(string service) => $"{Service}={service},{ManagedBy}={Us}";

    /// <summary>Whether the platform made an object.</summary>
    public static bool IsOurs(JsonObject item) => item.Label(ManagedBy) == Us && item.Label(Service) is not null;

    /// <summary>Puts the labels on an object.</summary>
    public static JsonObject Put(string service, JsonObject item)
    {
        if (item.Child("metadata") is not { } metadata)
        {
            item["metadata"] = metadata = [];
        }

        if (metadata.Child("labels") is not { } labels)
        {
            metadata["labels"] = labels = [];
        }

        labels[ManagedBy] = Us;
        labels[Service] = service;
        return item;
    }
}
