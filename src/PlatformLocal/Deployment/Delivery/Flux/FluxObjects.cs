using PlatformLocal.Deployment.Delivery.Direct;

namespace PlatformLocal.Deployment.Delivery.Flux;

/// <summary>What Flux is asked for, for one environment: all of it is in the environment's namespace.</summary>
/// <param name="build">The build.</param>
/// <param name="place">Where it is.</param>
/// <param name="digest">Its digest.</param>
internal sealed class FluxObjects(FluxBuild build, FluxPlace place, string digest)
{
    /// <summary>The name of everything but Kustomizations, which are named as their services.</summary>
    public const string Name = "platform-delivery";

    /// <summary>Annotation of a Kustomization that waits: the services that have to be done before it.</summary>
    public const string Held = "platform.local/held-for";

    /// <summary>The build's digest.</summary>
    public string Digest => digest;

    private const string RolesVersion = "rbac.authorization.k8s.io/v1";
    private static readonly string[] s_looking = ["get", "list", "watch"];
    private static readonly string[] s_changing = [.. s_looking, "create", "update", "patch", "delete"];

    private readonly string _environment = build.Whole.Request.Environment;
    private readonly string _namespace = build.Whole.Request.Namespace;

    /// <summary>The source of an environment.</summary>
    public static ObjectReference SourceIn(string targetNamespace) =>
        new(FluxKinds.SourceVersion, FluxKinds.OciRepository, targetNamespace, Name);

    /// <summary>The Kustomization of a service.</summary>
    public static ObjectReference KustomizationOf(string targetNamespace, string service) =>
        new(FluxKinds.KustomizeVersion, FluxKinds.Kustomization, targetNamespace, service);

    /// <summary>The account that Flux applies with, and what it may do.</summary>
    public static IReadOnlyList<ObjectReference> AccountIn(string targetNamespace) =>
        [
            new(RolesVersion, "RoleBinding", targetNamespace, Name),
            new(RolesVersion, "Role", targetNamespace, Name),
            new("v1", "ServiceAccount", targetNamespace, Name),
        ];

    /// <summary>The source: it is pinned to the build, whatever becomes of tags.</summary>
    public JsonObject Source()
    {
        var spec = new JsonObject
        {
            ["url"] = place.Url,
            ["interval"] = "10m",
            ["ref"] = new JsonObject { ["digest"] = digest },
        };
        if (place.IsInsecure)
        {
            spec["insecure"] = true;
        }
        return Labelled(SourceIn(_namespace), null, ("spec", spec));
    }

    /// <summary>A service's Kustomization.</summary>
    /// <param name="service">The service.</param>
    /// <param name="isHeld">Whether what must be done before is not done yet.</param>
    public JsonObject Kustomization(ServiceDelivery service, bool isHeld)
    {
        var spec = new JsonObject
        {
            ["interval"] = "10m",
            ["retryInterval"] = "30s",
            ["timeout"] = $"{Math.Ceiling(service.Timeout.TotalSeconds)}s",
            ["path"] = $"./{service.Name}",
            ["prune"] = true,
            ["wait"] = true,
            ["serviceAccountName"] = Name,
            ["sourceRef"] = new JsonObject { ["kind"] = FluxKinds.OciRepository, ["name"] = Name },
        };
        if (build.DependenciesOf(service.Name) is { Count: > 0 } dependencies)
        {
            spec["dependsOn"] = new JsonArray([.. dependencies.Select(d => new JsonObject { ["name"] = d })]);
        }
        JsonObject item = Labelled(KustomizationOf(_namespace, service.Name), service.Name, ("spec", spec));
        if (isHeld)
        {
            spec["suspend"] = true;
            item.Metadata()!["annotations"] = new JsonObject
            {
                [Held] = string.Join(", ", build.HoldersOf(service.Name)),
            };
        }
        return item;
    }

    /// <summary>The account that Flux applies with: it may handle the kinds that the environment has, in its namespace, and nothing else.</summary>
    /// <param name="kinds">Those kinds.</param>
    public IReadOnlyList<JsonObject> Account(IEnumerable<ResourceMapping> kinds)
    {
        ResourceMapping[] all = [.. kinds];
        var rules = new JsonArray([
            .. all.GroupBy(kind => kind.Group, StringComparer.Ordinal)
                .OrderBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => Rule(group.Key, s_changing, group.Select(kind => kind.Plural))),
        ]);
        if (all.Any(kind => KnownKinds.RunsPods(kind.Group, kind.Kind)))
        {
            // Whether a workload is ready is seen at what it made.
            rules.Add((JsonNode)Rule("apps", s_looking, ["replicasets"]));
            rules.Add((JsonNode)Rule("", s_looking, ["pods"]));
        }
        ObjectReference[] references = [.. AccountIn(_namespace)];
        return
        [
            Labelled(references[2], null),
            Labelled(references[1], null, ("rules", rules)),
            Labelled(
                references[0],
                null,
                (
                    "roleRef",
                    new JsonObject
                    {
                        ["apiGroup"] = "rbac.authorization.k8s.io",
                        ["kind"] = "Role",
                        ["name"] = Name,
                    }
                ),
                (
                    "subjects",
                    new JsonArray(
                        new JsonObject
                        {
                            ["kind"] = "ServiceAccount",
                            ["name"] = Name,
                            ["namespace"] = _namespace,
                        }
                    )
                )
            ),
        ];
    }

    /// <summary>All that is asked of Flux, as one document that kubectl reads.</summary>
    public JsonObject Document() =>
        new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "List",
            ["items"] = new JsonArray([
                Source(),
                .. build.Services.Select(service => Kustomization(service, isHeld: false)),
            ]),
        };

    private static JsonObject Rule(string group, string[] verbs, IEnumerable<string> resources) =>
        new()
        {
            ["apiGroups"] = new JsonArray(group),
            ["resources"] = new JsonArray([
                .. resources.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(r => (JsonNode)r),
            ]),
            ["verbs"] = new JsonArray([.. verbs.Select(v => (JsonNode)v)]),
        };

    private JsonObject Labelled(
        ObjectReference reference,
        string? service,
        params IEnumerable<(string Name, JsonNode? Value)> fields
    )
    {
        JsonObject item = reference.ToObject();
        foreach ((string name, JsonNode? value) in fields)
        {
            item[name] = value; // after what it is and what it is called: people read it
        }
        var labels = new JsonObject { [DeliveryLabels.Environment] = _environment };
        if (service is not null)
        {
            labels[DeliveryLabels.Service] = service;
        }
        item.Metadata()!["labels"] = labels;
        return item;
    }
}
