using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Kubernetes.Transport;

namespace PlatformLocal.Deployment.Delivery.Flux;

/// <summary>
/// An environment as Flux delivers it: what goes into the artifact, and what the platform applies itself because it must
/// not be in a registry (Secrets), is beside the environment's namespace, or gives rights.
/// </summary>
/// <param name="Whole">All objects, as they are in the cluster in the end.</param>
/// <param name="Own">Those that the platform applies itself.</param>
/// <param name="Carried">Those in the artifact, by service.</param>
internal sealed record FluxBuild(DesiredState Whole, DesiredState Own, ILookup<string, DesiredObject> Carried)
{
    private readonly Dictionary<string, ServiceDelivery> _services = Whole.Request.Services.ToDictionary(
        s => s.Name,
        StringComparer.Ordinal
    );
    private readonly Dictionary<string, IReadOnlyList<string>> _before = ServiceGraph
        .Order(Whole.Request.Services)
        .SelectMany(group => group.Members.Select(name => (name, group.DependsOn)))
        .ToDictionary(pair => pair.name, pair => pair.DependsOn, StringComparer.Ordinal);

    /// <exception cref="PlatformException">A service brings an object of a name that the delivery needs itself.</exception>
    public static FluxBuild Of(DesiredState state)
    {
        string target = state.Request.Namespace;
        HashSet<ObjectKey> needed =
        [
            .. new[] { FluxObjects.SourceIn(target) }
                .Concat(FluxObjects.AccountIn(target))
                .Concat(state.Request.Services.Select(s => FluxObjects.KustomizationOf(target, s.Name)))
                .Select(ObjectKey.Of),
        ];
        if (state.Objects.FirstOrDefault(item => needed.Contains(item.Key)) is { } taken)
        {
            throw new PlatformException(
                FailureKind.InvalidInput,
                $"services.{taken.Service}: {taken.Reference} has a name that the delivery by Flux needs itself.",
                "Name it otherwise, or deliver the environment with --delivery direct."
            );
        }
        DesiredObject[] objects =
        [
            .. state.Objects.Select(item => IsCarried(item) ? FluxTranslation.Of(item, state.Request.Namespace) : item),
        ];
        return new FluxBuild(
            state with
            {
                Objects = objects,
            },
            state with
            {
                Objects = [.. objects.Where(item => !IsCarried(item))],
            },
            objects.Where(IsCarried).ToLookup(item => item.Service, StringComparer.Ordinal)
        );
    }

    /// <summary>Whether an object is in the artifact.</summary>
    public static bool IsCarried(DesiredObject item) =>
        item.Service.Length > 0
        && item.Reference.Namespace is not null
        && item.Reference is not { Group: "", Kind: "Secret" }
        && item.Reference.Group != "rbac.authorization.k8s.io";

    /// <summary>The services that have a Kustomization.</summary>
    public IEnumerable<ServiceDelivery> Services => Whole.Request.Services.Where(s => Carried.Contains(s.Name));

    /// <summary>The Kustomizations that a service's own waits for: those whose objects are not ready as soon as they exist.</summary>
    public IReadOnlyList<string> DependenciesOf(string service) =>
        [.. AwaitedBy(service).Where(Carried.Contains).Order(StringComparer.Ordinal)];

    /// <summary>
    /// The services that must be done with something that Flux knows nothing of before a service may be applied: with a
    /// playbook, or with what refers to their workloads.
    /// </summary>
    public IReadOnlyList<string> HoldersOf(string service) =>
        [.. AwaitedBy(service).Where(IsGate).Order(StringComparer.Ordinal)];

    /// <summary>The artifact: one folder per service. The same build is always the same bytes.</summary>
    /// <exception cref="PlatformException">It is too large.</exception>
    public FolderArtifact Pack()
    {
        var files = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (DesiredObject item in Carried.SelectMany(service => service))
        {
            string kind = $"{item.Reference.Kind}.{item.Reference.Group}".TrimEnd('.').ToLowerInvariant();
            // JSON is YAML, and nothing of it can be read in another way.
            files[$"{item.Service}/{kind}-{Uri.EscapeDataString(item.Reference.Name)}.yaml"] = JsonBody.Write(
                item.Content
            );
        }
        return FolderArtifact.Pack(files, $"The build of {Whole.Request.Environment}");
    }

    private bool IsGate(string service) =>
        _services[service].AfterReady is not null
        || Own.Objects.Any(item => item.Service == service && item.Wave == Wave.Rest);

    private bool Waits(string service) =>
        IsGate(service)
        || Carried[service].Any(item => !KnownKinds.IsPassive(item.Reference.Group, item.Reference.Kind));

    private HashSet<string> AwaitedBy(string service)
    {
        var awaited = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(_before[service]);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (open.TryPop(out string? name))
        {
            if (!seen.Add(name))
            {
                continue;
            }
            if (Waits(name))
            {
                awaited.Add(name);
                continue;
            }
            foreach (string behind in _before[name])
            {
                open.Push(behind);
            }
        }
        return awaited;
    }
}
