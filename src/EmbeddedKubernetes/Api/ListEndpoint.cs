using EmbeddedKubernetes.Api.Requests;
using EmbeddedKubernetes.Objects;
using EmbeddedKubernetes.Selectors;

namespace EmbeddedKubernetes.Api;

/// <summary>Lists, pages and deletes collections.</summary>
internal sealed class ListEndpoint(ClusterObjects objects)
{
    public async Task HandleAsync(ApiRequest request, RequestTarget target)
    {
        var selection = Selection.Read(request, target);
        var asked = ListVersion.Read(request);
        var type = target.Type;
        var all = objects.Store.List(type.Storage, target.Namespace, out var version);
        asked.RefuseFuture(version);
        await objects.Store.SettledAsync(version);
        if (asked.Exact && asked.Version < version)
        {
            version = asked.Version.Value;
            all = await asked.RestoreAsync(objects.Store, type.Storage, target.Namespace, request.Http.RequestAborted);
        }
        var metadata = new JsonObject();
        var limit = request.QueryNumber("limit");
        var start = ListPosition.Read(request.Query("continue"), version, out var listVersion);
        metadata["resourceVersion"] = listVersion.ToString(CultureInfo.InvariantCulture);
        var items = new List<StoredObject>();
        var left = 0;
        foreach (var stored in all)
        {
            if ((start is { } from && !from.IsBefore(stored.Key)) || !selection.Matches(stored, type))
            {
                continue;
            }
            if (limit > 0 && items.Count >= limit)
            {
                left++;
                continue;
            }
            items.Add(stored);
        }
        if (left > 0)
        {
            var last = items[^1];
            metadata["continue"] = new ListPosition(last.Key.Namespace, last.Key.Name).Write(listVersion);
            if (selection.IsEverything)
            {
                metadata["remainingItemCount"] = left;
            }
        }
        await Tables.ListAnswer.WriteAsync(request, type, items, metadata);
    }

    public async Task DeleteAllAsync(ApiRequest request, RequestTarget target)
    {
        var selection = Selection.Read(request, target);
        var options = await DeleteRequest.ReadAsync(request);
        var items = new List<StoredObject>();
        var last = 0L;
        foreach (var stored in objects.Store.List(target.Type.Storage, target.Namespace))
        {
            if (!selection.Matches(stored, target.Type))
            {
                continue;
            }
            try
            {
                objects.Delete(target.Type, stored.Key.Namespace, stored.Key.Name, options, out var deleted);
                last = Math.Max(last, deleted.ResourceVersion);
                items.Add(stored);
            }
            catch (ApiException e) when (e.Code == 404)
            {
                // Somebody else deleted it: that is what was asked for.
            }
        }
        await objects.Store.DurableAsync(last);
        await Tables.ListAnswer.WriteAsync(
            request,
            target.Type,
            items,
            new JsonObject
            {
                ["resourceVersion"] = objects.Store.ResourceVersion.ToString(CultureInfo.InvariantCulture),
            }
        );
    }

    /// <summary>Where the next page begins: after this object.</summary>
    private readonly record struct ListPosition(string Namespace, string Name)
    {
        public bool IsBefore(ObjectKey key)
        {
            var order = string.CompareOrdinal(Namespace, key.Namespace);
            return order < 0 || (order == 0 && string.CompareOrdinal(Name, key.Name) < 0);
        }

        public string Write(long version) =>
            Convert.ToBase64String(Encoding.UTF8.GetBytes($"{version}/{Namespace}/{Name}"));

        public static ListPosition? Read(string? token, long current, out long version)
        {
            version = current;
            if (string.IsNullOrEmpty(token))
            {
                return null;
            }
            try
            {
                var parts = Encoding.UTF8.GetString(Convert.FromBase64String(token)).Split('/', 3);
                version = long.Parse(parts[0], CultureInfo.InvariantCulture);
                return new(parts[1], parts[2]);
            }
            catch (Exception e) when (e is FormatException or IndexOutOfRangeException or OverflowException)
            {
                throw ApiException.BadRequest("continue key is not valid: " + e.Message);
            }
        }
    }
}

/// <summary>Which objects of a collection a request is about.</summary>
internal sealed record Selection(LabelSelector Labels, FieldSelector Fields, string? Name)
{
    public bool IsEverything => Labels.IsEverything && Fields.IsEverything && Name is null;

    /// <exception cref="ApiException">A selector cannot be understood.</exception>
    public static Selection Read(ApiRequest request, RequestTarget target)
    {
        try
        {
            return new(
                LabelSelector.Parse(request.Query("labelSelector")),
                FieldSelector.Parse(request.Query("fieldSelector"), target.Type),
                target.Name
            );
        }
        catch (FormatException e)
        {
            throw ApiException.BadRequest(e.Message);
        }
    }

    public bool Matches(StoredObject stored, ResourceType type) =>
        (Name is null || Name == stored.Key.Name)
        && Labels.Matches(stored.Labels)
        && (Fields.IsEverything || Fields.Matches(type.Present(stored)));
}
