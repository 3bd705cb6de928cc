using System.Net;
using PlatformLocal.Kubernetes.Transport;

namespace PlatformLocal.Kubernetes;

public sealed partial class KubernetesClient
{
    private static readonly WriteOptions s_write = new();

    /// <summary>Makes an object.</summary>
    /// <param name="item">The object; may have <c>metadata.generateName</c> instead of a name.</param>
    /// <param name="options">How it is written.</param>
    /// <param name="cancellationToken">Stops waiting for the answer.</param>
    /// <returns>The object as the server stored it.</returns>
    /// <exception cref="PlatformException">It exists, is invalid, or the server refuses or cannot be reached.</exception>
    public async Task<JsonObject> CreateAsync(
        JsonObject item,
        WriteOptions? options,
        CancellationToken cancellationToken
    )
    {
        options ??= s_write;
        JsonObject? metadata = item.Metadata();
        ObjectReference reference = metadata.Text("name") is { Length: > 0 }
            ? ObjectReference.Of(item)
            : new ObjectReference(
                item.Text("apiVersion") ?? "",
                item.Text("kind") ?? "",
                metadata.Text("namespace"),
                $"{metadata.Text("generateName")}…"
            );
        ResourceMapping mapping = await Resources.MapAsync(reference.ApiVersion, reference.Kind, cancellationToken);
        string? name = options.Subresource is null ? null : reference.Name;
        string path = WritePath(mapping.Path(NamespaceFor(mapping, reference), name, options.Subresource), options);
        var request = new ApiRequest(HttpMethod.Post, path, $"create {reference}") { Body = JsonBody.Write(item) };
        return await ReadAsync(request, cancellationToken);
    }

    /// <summary>Replaces an object.</summary>
    /// <param name="item">The whole object; with a <c>resourceVersion</c> only that state is replaced.</param>
    /// <param name="options">How it is written.</param>
    /// <param name="cancellationToken">Stops waiting for the answer.</param>
    /// <returns>The object as the server stored it.</returns>
    /// <exception cref="PlatformException">It changed meanwhile, is invalid, or the server refuses or cannot be reached.</exception>
    public Task<JsonObject> ReplaceAsync(JsonObject item, WriteOptions? options, CancellationToken cancellationToken) =>
        WriteAsync(
            HttpMethod.Put,
            "replace",
            ObjectReference.Of(item),
            item,
            ApiRequest.Json,
            options,
            cancellationToken
        );

    /// <summary>Changes a part of an object.</summary>
    /// <param name="reference">Which object.</param>
    /// <param name="kind">How the patch is meant.</param>
    /// <param name="patch">The patch: an array for <see cref="PatchKind.Json"/>, otherwise an object.</param>
    /// <param name="options">How it is written.</param>
    /// <param name="cancellationToken">Stops waiting for the answer.</param>
    /// <returns>The object as the server stored it.</returns>
    /// <exception cref="PlatformException">It does not exist or becomes invalid, or the server refuses or cannot be reached.</exception>
    public Task<JsonObject> PatchAsync(
        ObjectReference reference,
        PatchKind kind,
        JsonNode patch,
        WriteOptions? options,
        CancellationToken cancellationToken
    )
    {
        string contentType = kind switch
        {
            PatchKind.Json => "application/json-patch+json",
            PatchKind.Merge => "application/merge-patch+json",
            _ => "application/strategic-merge-patch+json",
        };
        return WriteAsync(HttpMethod.Patch, "patch", reference, patch, contentType, options, cancellationToken);
    }

    /// <summary>Server-side apply: says which fields an object must have, and makes it when it is missing.</summary>
    /// <param name="item">The fields this field manager stands for.</param>
    /// <param name="options">How it is written; <see cref="WriteOptions.Force"/> takes fields over.</param>
    /// <param name="cancellationToken">Stops waiting for the answer.</param>
    /// <exception cref="PlatformException">
    /// Another manager owns a field and force is off, the object is invalid, or the server refuses or cannot be reached.
    /// </exception>
    public async Task<ApplyResult> ApplyAsync(
        JsonObject item,
        WriteOptions? options,
        CancellationToken cancellationToken
    )
    {
        options ??= s_write;
        ObjectReference reference = ObjectReference.Of(item);
        string path = await LocateAsync(reference, options.Subresource, cancellationToken);
        path = new Query(WritePath(path, options)).Add("force", options.Force).ToString();
        var request = new ApiRequest(HttpMethod.Patch, path, $"apply {reference}")
        {
            // JSON is YAML too.
            Body = JsonBody.Write(item),
            ContentType = "application/apply-patch+yaml",
            IsRepeatable = true,
        };
        using HttpResponseMessage response = await _transport.SendAsync(request, cancellationToken);
        JsonObject applied = await JsonBody.ReadAsync(response, request.What, cancellationToken);
        return new ApplyResult(applied, response.StatusCode == HttpStatusCode.Created);
    }

    /// <summary>Deletes an object. It may stay for a while: until its finalizers and owned objects are gone.</summary>
    /// <param name="reference">Which object.</param>
    /// <param name="options">How and under which conditions.</param>
    /// <param name="cancellationToken">Stops waiting for the answer.</param>
    /// <returns>Whether it existed.</returns>
    /// <exception cref="KubernetesException">A condition does not hold, or the server refuses or cannot be reached.</exception>
    public async Task<bool> DeleteAsync(
        ObjectReference reference,
        DeleteOptions? options,
        CancellationToken cancellationToken
    )
    {
        options ??= new DeleteOptions();
        string path = await LocateAsync(reference, subresource: null, cancellationToken);
        try
        {
            using HttpResponseMessage response = await _transport.SendAsync(
                DeleteRequest(path, $"delete {reference}", options),
                cancellationToken
            );
            return true;
        }
        catch (KubernetesException fault) when (fault.IsNotFound)
        {
            return false;
        }
    }

    /// <summary>Deletes all objects of a kind in a namespace.</summary>
    /// <param name="apiVersion">Group and version.</param>
    /// <param name="kind">Kind.</param>
    /// <param name="targetNamespace">The namespace; <see langword="null"/> only for kinds outside of one.</param>
    /// <param name="selection">Which of them.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Stops waiting for the answer.</param>
    /// <exception cref="PlatformException">The kind is unknown, or the server refuses or cannot be reached.</exception>
    public async Task DeleteCollectionAsync(
        string apiVersion,
        string kind,
        string? targetNamespace,
        ListOptions? selection,
        DeleteOptions? options,
        CancellationToken cancellationToken
    )
    {
        ResourceMapping mapping = await Resources.MapAsync(apiVersion, kind, cancellationToken);
        string path = new Query(mapping.Path(targetNamespace))
            .Add("labelSelector", selection?.LabelSelector)
            .Add("fieldSelector", selection?.FieldSelector)
            .ToString();
        using HttpResponseMessage response = await _transport.SendAsync(
            DeleteRequest(
                path,
                $"delete all {mapping.Plural} in {targetNamespace ?? "the cluster"}",
                options ?? new DeleteOptions()
            ),
            cancellationToken
        );
    }

    private async Task<JsonObject> WriteAsync(
        HttpMethod method,
        string verb,
        ObjectReference reference,
        JsonNode content,
        string contentType,
        WriteOptions? options,
        CancellationToken cancellationToken
    )
    {
        options ??= s_write;
        string path = await LocateAsync(reference, options.Subresource, cancellationToken);
        var request = new ApiRequest(method, WritePath(path, options), $"{verb} {reference}")
        {
            Body = JsonBody.Write(content),
            ContentType = contentType,
        };
        return await ReadAsync(request, cancellationToken);
    }

    private static ApiRequest DeleteRequest(string path, string what, DeleteOptions options)
    {
        var body = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "DeleteOptions",
            ["propagationPolicy"] = "Background",
        };
        if (options.GracePeriodSeconds is { } seconds)
        {
            body["gracePeriodSeconds"] = seconds;
        }
        var preconditions = new JsonObject();
        if (options.Uid is { } uid)
        {
            preconditions["uid"] = uid;
        }
        if (options.ResourceVersion is { } version)
        {
            preconditions["resourceVersion"] = version;
        }
        if (preconditions.Count > 0)
        {
            body["preconditions"] = preconditions;
        }
        if (options.DryRun)
        {
            body["dryRun"] = new JsonArray("All");
        }
        return new ApiRequest(HttpMethod.Delete, path, what)
        {
            Body = JsonBody.Write(body),
            // Without a uid, a second try could hit a new object of the same name.
            IsRepeatable = options.Uid is not null,
        };
    }

    private string WritePath(string path, WriteOptions options) =>
        new Query(path)
            .Add("fieldManager", options.FieldManager ?? _options.FieldManager)
            .Add("dryRun", options.DryRun ? "All" : null)
            .ToString();
}
