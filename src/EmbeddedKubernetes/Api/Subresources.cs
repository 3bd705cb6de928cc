using EmbeddedKubernetes.Api.Requests;
using EmbeddedKubernetes.Certificates;
using EmbeddedKubernetes.Objects;
using EmbeddedKubernetes.Patching;
using EmbeddedKubernetes.Schemas;

namespace EmbeddedKubernetes.Api;

/// <summary>Doors into an object other than its status.</summary>
internal sealed class Subresources(ClusterObjects objects, ServiceAccountTokens tokens)
{
    public Task HandleAsync(ApiRequest request, RequestTarget target) =>
        (target.Subresource, target.Type.Storage, request.Method) switch
        {
            ("scale", _, "GET") when target.Type.Scale is not null => ScaleAsync(request, target),
            ("scale", _, "PUT" or "PATCH") when target.Type.Scale is not null => RescaleAsync(request, target),
            ("log", "pods.", "GET") => LogAsync(request, target),
            ("eviction", "pods.", "POST") => EvictAsync(request, target),
            ("binding", "pods.", "POST") => BindAsync(request, target.Namespace, target.Name),
            ("token", "serviceaccounts.", "POST") => IssueTokenAsync(request, target),
            ("exec" or "attach" or "portforward" or "proxy", _, _) => throw new ApiException(
                501,
                "NotImplemented",
                "workloads are simulated in this cluster: there is no process to connect to"
            ),
            ("scale", _, _) when target.Type.Scale is not null => throw ApiException.NotAllowed(),
            _ => throw ApiException.NoSuchPath(),
        };

    private async Task ScaleAsync(ApiRequest request, RequestTarget target)
    {
        var value = target.Type.Present(objects.GetStored(target.Type, target.Namespace, target.Name!));
        await ApiResponse.WriteAsync(request.Http, 200, ToScale(target.Type, value));
    }

    private async Task RescaleAsync(ApiRequest request, RequestTarget target)
    {
        var (type, scale) = (target.Type, target.Type.Scale!);
        var options = request.WriteOptions("scale") with { Subresource = "" };
        var body = await request.ReadBodyAsync();
        var content = request.ContentType;
        var result = objects.Modify(
            type,
            target.Namespace,
            target.Name!,
            live =>
            {
                var wanted = request.Method == "PUT" ? body as JsonObject : Patched(content, ToScale(type, live), body);
                var sent = wanted.Str("metadata", "resourceVersion");
                if (!string.IsNullOrEmpty(sent) && sent != live.Str("metadata", "resourceVersion"))
                {
                    throw ApiException.Stale(type, target.Name!);
                }
                var replicas = wanted.Long("spec", "replicas") ?? 0;
                if (replicas < 0)
                {
                    throw new FieldFaults()
                        .Invalid("spec.replicas", replicas, "must be greater than or equal to 0")
                        .ToException(type, target.Name!);
                }
                JsonPath.Parse(scale.SpecReplicas).Set(live, replicas);
                return live;
            },
            options
        );
        await objects.DurableAsync(result.Value);
        await ApiResponse.WriteAsync(request.Http, 200, ToScale(type, result.Value));
    }

    private static JsonObject? Patched(string content, JsonObject scale, JsonNode? patch)
    {
        try
        {
            return content switch
            {
                "application/json-patch+json" => JsonPatch.Apply(scale, patch) as JsonObject,
                "application/strategic-merge-patch+json" when patch is JsonObject o => StrategicMergePatch.Apply(
                    scale,
                    o,
                    SchemaNode.Anything
                ),
                _ => MergePatch.Apply(scale, patch) as JsonObject,
            };
        }
        catch (PatchException e)
        {
            throw ApiException.BadRequest(e.Message);
        }
    }

    private static JsonObject ToScale(ResourceType type, JsonObject value)
    {
        var paths = type.Scale!;
        var metadata = new JsonObject();
        metadata.CopyFrom(value["metadata"], "name", "namespace", "uid", "resourceVersion", "creationTimestamp");
        var status = new JsonObject { ["replicas"] = JsonPath.Parse(paths.StatusReplicas).First(value).AsLong() ?? 0 };
        var selector = type.IsCustom
            ? paths.Selector is null
                ? null
                : JsonPath.Parse(paths.Selector).First(value).AsString()
            : Selectors.LabelSelector.From(value.Obj("spec").Obj("selector"))?.ToString();
        if (!string.IsNullOrEmpty(selector))
        {
            status["selector"] = selector;
        }
        return new()
        {
            ["kind"] = "Scale",
            ["apiVersion"] = "autoscaling/v1",
            ["metadata"] = metadata,
            ["spec"] = new JsonObject { ["replicas"] = JsonPath.Parse(paths.SpecReplicas).First(value).AsLong() ?? 0 },
            ["status"] = status,
        };
    }

    private async Task LogAsync(ApiRequest request, RequestTarget target)
    {
        var pod = objects.GetStored(target.Type, target.Namespace, target.Name!).Read();
        var containers = pod.Obj("spec").Arr("containers").Objects().ToList();
        var container = request.Query("container") ?? containers.FirstOrDefault().Str("name");
        if (containers.Find(c => c.Str("name") == container) is not { } found)
        {
            throw ApiException.BadRequest($"container {container} is not valid for pod {target.Name}");
        }
        var image = found.Str("image");
        await ApiResponse.WriteTextAsync(
            request.Http,
            200,
            string.Create(
                CultureInfo.InvariantCulture,
                $"workloads are simulated in this cluster: container {container} ({image}) is not executed and writes no log\n"
            )
        );
    }

    private async Task EvictAsync(ApiRequest request, RequestTarget target)
    {
        await request.ReadBodyAsync();
        objects.Delete(target.Type, target.Namespace, target.Name!, new DeleteOptions(), out var deleted);
        await objects.Store.DurableAsync(deleted.ResourceVersion);
        await ApiResponse.WriteAsync(request.Http, 201, ApiResponse.Created());
    }

    private async Task IssueTokenAsync(ApiRequest request, RequestTarget target)
    {
        const int standard = 3600;
        var body = await request.ReadObjectAsync();
        var account = objects.GetStored(target.Type, target.Namespace, target.Name!).Read();
        var spec = body.Child("spec");
        var seconds = spec.Long("expirationSeconds") ?? standard;
        if (seconds is < 600 or > uint.MaxValue)
        {
            throw new FieldFaults()
                .Invalid("spec.expirationSeconds", seconds, "may not specify a duration less than 10 minutes")
                .ToException("TokenRequest", "authentication.k8s.io", target.Name!);
        }
        var (token, expires) = tokens.Issue(account, spec.Arr("audiences") ?? [], seconds);
        spec["expirationSeconds"] = seconds;
        body["kind"] = "TokenRequest";
        body["apiVersion"] = "authentication.k8s.io/v1";
        var metadata = body.Metadata();
        metadata["name"] = target.Name;
        metadata["namespace"] = target.Namespace;
        metadata["creationTimestamp"] = objects.Now;
        body["status"] = new JsonObject
        {
            ["token"] = token,
            ["expirationTimestamp"] = ClusterObjects.Timestamp(expires),
        };
        await ApiResponse.WriteAsync(request.Http, 201, body);
    }

    /// <summary>Gives a pod its node, as schedulers do.</summary>
    /// <param name="request">A Binding.</param>
    /// <param name="ns">The pod's namespace.</param>
    /// <param name="name">The pod's name; null when the binding alone says it.</param>
    public async Task BindAsync(ApiRequest request, string ns, string? name)
    {
        var pods = objects.Catalogue.BuiltIn("v1", "Pod");
        var body = await request.ReadObjectAsync();
        var named = body.Str("metadata", "name") ?? "";
        if (named != (name ?? named))
        {
            throw ApiException.BadRequest("name in URL does not match name in Binding object");
        }
        if (named.Length == 0)
        {
            throw ApiException.BadRequest("Name parameter required.");
        }
        CheckBinding(body, named);
        var bound = objects.Modify(pods, ns, named, pod => Bind(pod, body), request.WriteOptions(""));
        await objects.DurableAsync(bound.Value);
        await ApiResponse.WriteAsync(request.Http, 201, ApiResponse.Created());
    }

    private static void CheckBinding(JsonObject binding, string name)
    {
        var faults = new FieldFaults();
        if (binding.Str("target", "kind") is { Length: > 0 } kind and not "Node")
        {
            faults.NotSupported("target.kind", kind, ["Node", "<empty>"]);
        }
        if (string.IsNullOrEmpty(binding.Str("target", "name")))
        {
            faults.Required("target.name");
        }
        if (faults.Any)
        {
            throw faults.ToException("Binding", "", name);
        }
    }

    private static JsonObject Bind(JsonObject pod, JsonObject binding)
    {
        var name = pod.Str("metadata", "name");
        if (pod.Str("spec", "nodeName") is { Length: > 0 } node)
        {
            throw new ApiException(
                409,
                "Conflict",
                $"Operation cannot be fulfilled on pods/binding \"{name}\": pod {name} is already assigned to node \"{node}\"",
                new() { ["name"] = name, ["kind"] = "pods/binding" }
            );
        }
        pod.Child("spec")["nodeName"] = binding.Str("target", "name");
        foreach (var (annotation, value) in binding.Obj("metadata").Obj("annotations") ?? [])
        {
            pod.Metadata().Child("annotations")[annotation] = value?.DeepClone();
        }
        return pod;
    }
}
