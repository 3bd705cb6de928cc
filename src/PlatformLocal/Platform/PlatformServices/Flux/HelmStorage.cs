namespace PlatformLocal.Platform.PlatformServices.Flux;

/// <summary>The Secrets in which Helm remembers what it did.</summary>
internal static class HelmStorage
{
    /// <summary>
    /// The Secret of an operation that was begun and not ended, such as an install whose controller was killed. As long
    /// as it is there, Helm refuses everything else.
    /// </summary>
    /// <returns>The Secret's metadata, or <see langword="null"/> when the last operation of the release ended.</returns>
    public static async Task<JsonObject?> FindPendingAsync(
        KubernetesClient client,
        string release,
        CancellationToken cancellationToken
    )
    {
        var secrets = await client.ListAsync(
            "v1",
            "Secret",
            PlatformService.Namespace,
            new ListOptions { LabelSelector = $"owner=helm,name={release}", MetadataOnly = true },
            cancellationToken
        );
        var last = secrets.Items.MaxBy(s => int.TryParse(s.Label("version"), out int version) ? version : 0);
        return last.Label("status")?.StartsWith("pending-", StringComparison.Ordinal) == true ? last : null;
    }

    /// <summary>Forgets the operation; the objects it made stay and are taken over by the next one.</summary>
    public static async Task ClearAsync(
        KubernetesClient client,
        JsonObject pending,
        CancellationToken cancellationToken
    ) =>
        await client.DeleteAsync(
            new ObjectReference("v1", "Secret", PlatformService.Namespace, pending.Metadata().Text("name")!),
            new DeleteOptions { Uid = pending.Uid() },
            cancellationToken
        );
}
