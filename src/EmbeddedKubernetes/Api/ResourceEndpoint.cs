using EmbeddedKubernetes.Api.Requests;
using EmbeddedKubernetes.Certificates;
using EmbeddedKubernetes.Objects;
using Microsoft.AspNetCore.Http;

namespace EmbeddedKubernetes.Api;

/// <summary>Answers requests for objects and collections.</summary>
internal sealed class ResourceEndpoint(ClusterObjects objects, ServiceAccountTokens tokens, CancellationToken stopping)
{
    private readonly ListEndpoint _lists = new(objects);
    private readonly WatchEndpoint _watches = new(objects, stopping);
    private readonly PatchEndpoint _patches = new(objects);
    private readonly Subresources _subresources = new(objects, tokens);

    public Task HandleAsync(ApiRequest request, RequestTarget target)
    {
        if (target.Type.CreateOnly)
        {
            return target.Name is not null ? throw ApiException.NoSuchPath()
                : !HttpMethods.IsPost(request.Method) ? throw ApiException.NotAllowed()
                : target.Type.Kind == "Binding" ? _subresources.BindAsync(request, target.Namespace, null)
                : Reviews.AnswerAsync(request, target, tokens);
        }
        if (target.Subresource.Length > 0 && !IsDoor(target))
        {
            return _subresources.HandleAsync(request, target);
        }
        return target.Name is null ? CollectionAsync(request, target) : ObjectAsync(request, target);
    }

    // The status, a namespace's finalizers and the like are other doors to the same object.
    private static bool IsDoor(RequestTarget target) =>
        (target.Subresource == "status" && target.Type.HasStatus)
        || (target.Subresource, target.Type.Storage)
            is
                ("finalize", "namespaces.")
                or
                ("ephemeralcontainers", "pods.")
                or
                ("approval", "certificatesigningrequests.certificates.k8s.io");

    private async Task CollectionAsync(ApiRequest request, RequestTarget target)
    {
        switch (request.Method)
        {
            case "GET" or "HEAD":
                if (request.QueryFlag("watch"))
                {
                    await _watches.HandleAsync(request, target);
                }
                else
                {
                    await _lists.HandleAsync(request, target);
                }
                break;
            case "POST":
                if (target.Type.Namespaced && target.Namespace.Length == 0)
                {
                    throw ApiException.BadRequest("an empty namespace may not be set during creation");
                }
                var options = request.WriteOptions(target.Part);
                var body = await request.ReadObjectAsync();
                var created = objects.Create(target.Type, target.Namespace, body, options);
                await AnswerAsync(request, target, 201, created, options);
                break;
            case "DELETE":
                await _lists.DeleteAllAsync(request, target);
                break;
            default:
                throw ApiException.NotAllowed();
        }
    }

    private async Task ObjectAsync(ApiRequest request, RequestTarget target)
    {
        var (type, ns, name) = (target.Type, target.Namespace, target.Name!);
        switch (request.Method)
        {
            case "GET" or "HEAD":
                if (request.QueryFlag("watch"))
                {
                    await _watches.HandleAsync(request, target);
                    break;
                }
                ListVersion.Read(request).RefuseFuture(objects.Store.ResourceVersion);
                var stored = objects.GetStored(type, ns, name);
                await objects.Store.SettledAsync(stored.ResourceVersion);
                await Tables.ObjectAnswer.WriteAsync(request, type, stored);
                break;
            case "PUT":
                var options = request.WriteOptions(target.Part);
                var body = await request.ReadObjectAsync();
                await AnswerAsync(request, target, 200, objects.Update(type, ns, name, body, options).Value, options);
                break;
            case "PATCH":
                var (result, patchOptions) = await _patches.ApplyAsync(request, target);
                await AnswerAsync(request, target, result.Created ? 201 : 200, result.Value, patchOptions);
                break;
            case "DELETE" when target.Subresource.Length == 0:
                await DeleteAsync(request, target);
                break;
            default:
                throw ApiException.NotAllowed();
        }
    }

    private async Task DeleteAsync(ApiRequest request, RequestTarget target)
    {
        var options = await DeleteRequest.ReadAsync(request);
        var terminating = objects.Delete(target.Type, target.Namespace, target.Name!, options, out var deleted);
        await objects.Store.DurableAsync(deleted.ResourceVersion);
        if (terminating is not null)
        {
            await ApiResponse.WriteAsync(request.Http, 200, terminating);
            return;
        }
        var details = new JsonObject { ["name"] = target.Name };
        if (target.Type.Group.Length > 0)
        {
            details["group"] = target.Type.Group;
        }
        details["kind"] = target.Type.Plural;
        details["uid"] = deleted.Uid;
        await ApiResponse.WriteAsync(request.Http, 200, ApiResponse.Success(details));
    }

    private async Task AnswerAsync(
        ApiRequest request,
        RequestTarget target,
        int code,
        JsonObject value,
        WriteOptions options
    )
    {
        if (!options.DryRun)
        {
            await objects.DurableAsync(value);
        }
        ApiResponse.Warn(request.Http, options.Warnings);
        await Tables.ObjectAnswer.WriteAsync(request, target.Type, value, code);
    }
}
