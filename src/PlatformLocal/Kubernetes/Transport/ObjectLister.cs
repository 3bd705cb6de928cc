namespace PlatformLocal.Kubernetes.Transport;

/// <summary>Reads lists page by page; begins again when a list grew too old between two pages.</summary>
internal sealed class ObjectLister(ApiTransport transport, KubernetesClientOptions options)
{
    private const int Restarts = 3;

    public async Task<ObjectList> ListAsync(
        ResourceMapping mapping,
        string? targetNamespace,
        ListOptions list,
        CancellationToken cancellationToken
    )
    {
        string what = $"list {mapping.Plural}{(targetNamespace is null ? "" : $" in {targetNamespace}")}";
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                // The last attempt takes everything at once: it cannot grow too old.
                int limit = attempt < Restarts ? options.PageSize : 0;
                return await ReadAsync(mapping, targetNamespace, list, limit, what, cancellationToken);
            }
            catch (KubernetesException fault) when (fault.IsGone && attempt < Restarts)
            {
                // Begin again with a new list.
            }
        }
    }

    private async Task<ObjectList> ReadAsync(
        ResourceMapping mapping,
        string? targetNamespace,
        ListOptions list,
        int limit,
        string what,
        CancellationToken cancellationToken
    )
    {
        var items = new List<JsonObject>();
        var tokens = new HashSet<string>(StringComparer.Ordinal);
        string? next = null;
        while (true)
        {
            string path = new Query(mapping.Path(targetNamespace))
                .Add("labelSelector", list.LabelSelector)
                .Add("fieldSelector", list.FieldSelector)
                .Add("limit", limit == 0 ? null : limit)
                .Add("continue", next)
                .ToString();
            var request = new ApiRequest(HttpMethod.Get, path, what)
            {
                Accept = list.MetadataOnly ? ApiRequest.MetadataList : ApiRequest.Json,
                IsRepeatable = true,
            };
            using HttpResponseMessage response = await transport.SendAsync(request, cancellationToken);
            JsonObject page = await JsonBody.ReadAsync(response, what, cancellationToken);
            Take(page, mapping, items);
            next = page.Metadata().Text("continue");
            if (string.IsNullOrEmpty(next))
            {
                return new ObjectList(items, page.ResourceVersion() ?? "");
            }
            if (!tokens.Add(next))
            {
                throw new KubernetesException($"Cannot {what}: the server hands out the same page again and again.")
                {
                    Code = 200,
                    Reason = "PagingLoop",
                };
            }
        }
    }

    private static void Take(JsonObject page, ResourceMapping mapping, List<JsonObject> items)
    {
        if (!page.TryGetPropertyValue("items", out JsonNode? node) || node is not JsonArray array)
        {
            return;
        }
        JsonObject[] objects = [.. array.OfType<JsonObject>()];
        array.Clear();
        foreach (JsonObject item in objects)
        {
            // Lists of built-in kinds leave these out, lists of metadata have others.
            item["apiVersion"] = mapping.ApiVersion;
            item["kind"] = mapping.Kind;
            items.Add(item);
        }
    }
}
