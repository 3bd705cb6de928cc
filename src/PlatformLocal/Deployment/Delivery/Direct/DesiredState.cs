using PlatformLocal.Kubernetes.Discovery;

namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>A request that was checked: every object has a kind the cluster serves or will serve, a namespace and labels.</summary>
/// <param name="Request">The request.</param>
/// <param name="Namespace">The environment's namespace object.</param>
/// <param name="Objects">All other objects, in the order of the request.</param>
/// <param name="NewKinds">The kinds that custom resource definitions of the request itself define, with the service that brings each.</param>
internal sealed record DesiredState(
    DeliveryRequest Request,
    JsonObject Namespace,
    IReadOnlyList<DesiredObject> Objects,
    IReadOnlyDictionary<(string ApiVersion, string Kind), string> NewKinds
)
{
    private readonly Dictionary<string, string> _versions = Request.Services.ToDictionary(
        service => service.Name,
        service => service.Version,
        StringComparer.Ordinal
    );

    /// <summary>The version of the service that an object belongs to; empty for what is the environment's own.</summary>
    public string VersionOf(DesiredObject desired) => _versions.GetValueOrDefault(desired.Service, "");

    /// <summary>What the environment shares with others in a cluster.</summary>
    public SharedObjects SharedIn(KubernetesClient client, DirectDeliveryOptions options) =>
        new(client, options, Request.Environment, Request.Namespace);

    private static readonly string[] s_protected = ["default", "kube-system", "kube-public", "kube-node-lease"];

    /// <summary>Checks a request and completes its objects.</summary>
    /// <exception cref="PlatformException">It cannot be delivered: all faults together.</exception>
    public static async Task<DesiredState> FromAsync(
        DeliveryRequest request,
        ApiResources resources,
        CancellationToken cancellationToken
    )
    {
        List<string> faults = [.. FaultsOf(request)];
        ThrowOn(faults);
        Dictionary<(string, string), DefinedKind> newKinds = KindsDefinedBy(request);
        Dictionary<(string, string), bool> scopes = await ScopesAsync(
            request,
            newKinds,
            resources,
            faults,
            cancellationToken
        );
        ThrowOn(faults);
        faults.AddRange(await CirclesAsync(request, newKinds, resources, cancellationToken));
        ThrowOn(faults);

        JsonObject targetNamespace = NamespaceOf(request);
        var objects = new List<DesiredObject>();
        var owners = new Dictionary<ObjectKey, string>();
        var places = request.Services.SelectMany(service => service.Places).ToDictionary();
        foreach ((string service, JsonObject item) in AllObjects(request))
        {
            if (item.Text("kind") == "Namespace" && item.Metadata().Text("name") == request.Namespace)
            {
                Merge(item, targetNamespace);
                continue;
            }
            bool isNamespaced = scopes[(item.Text("apiVersion")!, item.Text("kind")!)];
            DesiredObject desired = Complete(item, request, service, isNamespaced) with
            {
                Place = request.IsPutBack ? null : places.GetValueOrDefault(item),
            };
            if (!owners.TryAdd(desired.Key, service))
            {
                string other = owners[desired.Key] is { Length: > 0 } name ? name : "the environment's own objects";
                faults.Add($"services.{service}: {desired.Key} is also in {other}");
            }
            objects.Add(desired);
        }
        ThrowOn(faults);
        return new DesiredState(
            request,
            targetNamespace,
            objects,
            newKinds.ToDictionary(k => k.Key, k => k.Value.Service)
        );
    }

    /// <summary>The environment's own objects, which have no service's name, and those of its services.</summary>
    private static IEnumerable<(string Service, JsonObject Item)> AllObjects(DeliveryRequest request) =>
        request
            .Objects.Select(item => ("", item))
            .Concat(request.Services.SelectMany(service => service.Objects.Select(item => (service.Name, item))));

    private static IEnumerable<string> FaultsOf(DeliveryRequest request)
    {
        if (s_protected.Contains(request.Namespace, StringComparer.Ordinal))
        {
            yield return $"namespace: {request.Namespace} belongs to the cluster and cannot be an environment";
        }
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (ServiceDelivery service in request.Services)
        {
            if (!names.Add(service.Name))
            {
                yield return $"services.{service.Name}: is given twice";
            }
        }
        foreach (ServiceDelivery service in request.Services)
        {
            foreach (string dependency in service.DependsOn.Where(dependency => !names.Contains(dependency)))
            {
                yield return $"services.{service.Name}.dependsOn: {dependency} is not part of this delivery";
            }
            for (int i = 0; i < service.Objects.Count; i++)
            {
                JsonObject item = service.Objects[i];
                string[] missing =
                [
                    .. new[]
                    {
                        (Field: "apiVersion", Value: item.Text("apiVersion")),
                        (Field: "kind", Value: item.Text("kind")),
                        (Field: "metadata.name", Value: item.Metadata().Text("name")),
                    }
                        .Where(field => string.IsNullOrEmpty(field.Value))
                        .Select(field => field.Field),
                ];
                if (missing.Length > 0)
                {
                    yield return $"services.{service.Name}.objects[{i}]: lacks {string.Join(" and ", missing)}";
                }
            }
        }
    }

    /// <summary>The kinds that the request's own definitions bring.</summary>
    private static Dictionary<(string, string), DefinedKind> KindsDefinedBy(DeliveryRequest request)
    {
        var kinds = new Dictionary<(string, string), DefinedKind>();
        foreach (ServiceDelivery service in request.Services)
        {
            foreach (JsonObject item in service.Objects.Where(IsDefinition))
            {
                JsonObject? spec = item.Child("spec");
                string group = spec.Text("group") ?? "";
                string kind = spec.Child("names").Text("kind") ?? "";
                bool isNamespaced = spec.Text("scope") == "Namespaced";
                // A version that is not served is no kind that anybody could use.
                foreach (JsonObject version in spec.Items("versions").Where(v => v.Flag("served") != false))
                {
                    kinds.TryAdd(
                        (ApiGroup.Join(group, version.Text("name") ?? ""), kind),
                        new DefinedKind(service.Name, isNamespaced)
                    );
                }
            }
        }
        return kinds;
    }

    private static bool IsDefinition(JsonObject item) => item.Text("kind") == "CustomResourceDefinition";

    /// <summary>Services that would wait for ever: for a kind whose bringer waits for them.</summary>
    private static async Task<IReadOnlyList<string>> CirclesAsync(
        DeliveryRequest request,
        Dictionary<(string, string), DefinedKind> newKinds,
        ApiResources resources,
        CancellationToken cancellationToken
    )
    {
        var uses = new List<KindUse>();
        foreach (ServiceDelivery service in request.Services)
        {
            foreach (JsonObject item in service.Objects)
            {
                (string ApiVersion, string Kind) kind = (item.Text("apiVersion")!, item.Text("kind")!);
                if (
                    newKinds.TryGetValue(kind, out DefinedKind? defined)
                    && defined.Service != service.Name
                    && await resources.FindAsync(kind.ApiVersion, kind.Kind, cancellationToken) is null
                )
                {
                    string name = item.Metadata().Text("name")!;
                    uses.Add(new KindUse(service.Name, $"{kind.Kind} {name}", kind.ApiVersion, defined.Service));
                }
            }
        }
        return uses.Count == 0 ? [] : [.. KindCircles.Of(request.Services, uses)];
    }

    private static async Task<Dictionary<(string, string), bool>> ScopesAsync(
        DeliveryRequest request,
        Dictionary<(string, string), DefinedKind> newKinds,
        ApiResources resources,
        List<string> faults,
        CancellationToken cancellationToken
    )
    {
        var scopes = new Dictionary<(string, string), bool>();
        foreach ((string service, JsonObject item) in AllObjects(request))
        {
            (string, string) kind = (item.Text("apiVersion")!, item.Text("kind")!);
            if (scopes.ContainsKey(kind))
            {
                continue;
            }
            if (newKinds.TryGetValue(kind, out DefinedKind? defined))
            {
                scopes[kind] = defined.IsNamespaced;
                continue;
            }
            try
            {
                scopes[kind] = (await resources.MapAsync(kind.Item1, kind.Item2, cancellationToken)).IsNamespaced;
            }
            catch (UnknownKindException fault)
            {
                scopes[kind] = true;
                faults.Add(
                    $"services.{service}: {item.Metadata().Text("name")}: {fault.Message.TrimEnd('.')}. {fault.NextStep}"
                );
            }
        }
        return scopes;
    }

    private static JsonObject NamespaceOf(DeliveryRequest request)
    {
        var labels = new JsonObject(
            request.NamespaceLabels.Select(l => KeyValuePair.Create(l.Key, (JsonNode?)l.Value))
        );
        labels[DeliveryLabels.Environment] = request.Environment;
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Namespace",
            ["metadata"] = new JsonObject { ["name"] = request.Namespace, ["labels"] = labels },
        };
    }

    /// <summary>A service may bring the environment's namespace: what it says is added to what the platform says.</summary>
    private static void Merge(JsonObject item, JsonObject into)
    {
        foreach (string part in new[] { "labels", "annotations" })
        {
            foreach ((string name, JsonNode? value) in item.Metadata().Child(part) ?? [])
            {
                JsonObject all = into.Metadata().Child(part) ?? [];
                into.Metadata()![part] ??= all;
                all.TryAdd(name, value?.DeepClone());
            }
        }
    }

    private static DesiredObject Complete(JsonObject item, DeliveryRequest request, string service, bool isNamespaced)
    {
        var content = (JsonObject)item.DeepClone();
        JsonObject metadata = content.Metadata()!;
        Normalization.Apply(content);
        if (!isNamespaced)
        {
            metadata.Remove("namespace");
        }
        else if (metadata.Text("namespace") is not { Length: > 0 })
        {
            metadata["namespace"] = request.Namespace;
        }
        if (metadata.Child("labels") is not { } labels)
        {
            metadata["labels"] = labels = [];
        }
        labels[DeliveryLabels.Environment] = request.Environment;
        if (service.Length > 0)
        {
            labels[DeliveryLabels.Service] = service;
        }
        ObjectReference reference = ObjectReference.Of(content);
        return new DesiredObject(service, reference, content, KnownKinds.WaveOf(reference.Group, reference.Kind));
    }

    private static void ThrowOn(List<string> faults)
    {
        if (faults.Count > 0)
        {
            throw new PlatformException(
                FailureKind.InvalidInput,
                $"The environment cannot be delivered:\n  {string.Join("\n  ", faults)}",
                "Correct the manifests and deliver again."
            );
        }
    }

    /// <summary>A kind that the request itself defines.</summary>
    private sealed record DefinedKind(string Service, bool IsNamespaced);
}
