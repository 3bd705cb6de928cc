using EmbeddedKubernetes.Schemas;

namespace EmbeddedKubernetes.Resources;

/// <summary>Everything served right now. Readers see one consistent state; definitions replace it whole.</summary>
internal sealed class ResourceCatalogue
{
    private readonly Lock _gate = new();
    private readonly ResourceType[] _builtIn = [.. BuiltInResources.All()];
    private readonly SortedDictionary<string, ResourceType[]> _custom = new(StringComparer.Ordinal);
    private State _state;

    public ResourceCatalogue() => _state = new State(_builtIn);

    /// <summary>Counts the changes; caches of documents made from the catalogue compare it.</summary>
    public long Generation => _state.Generation;

    public IReadOnlyList<ResourceType> All => _state.All;

    /// <summary>Group names in order of preference, the core group first.</summary>
    public IReadOnlyList<string> Groups => _state.Groups;

    public ResourceType? Find(string group, string version, string plural) =>
        _state.ByPath.GetValueOrDefault((group, version, plural));

    public ResourceType? FindKind(string apiVersion, string kind) =>
        _state.ByKind.GetValueOrDefault((apiVersion, kind));

    /// <summary>A version that shows what is stored under the resource, the storage version if it is served.</summary>
    public ResourceType? ForStorage(string storage) => _state.ByStorage.GetValueOrDefault(storage);

    public bool HasGroup(string group) => _state.Groups.Contains(group, StringComparer.Ordinal);

    /// <summary>A built-in kind of the core, apps or any other group.</summary>
    public ResourceType BuiltIn(string apiVersion, string kind) =>
        FindKind(apiVersion, kind) ?? throw new InvalidOperationException($"{apiVersion} {kind} is not served.");

    /// <summary>The kinds of a group that a definition does not declare itself: what it may not be named like.</summary>
    public IEnumerable<ResourceType> OthersOf(string group, string definition) =>
        _state.All.Where(t => t.Group == group && (!t.IsCustom || t.Storage != definition));

    /// <summary>
    /// Serves what a CustomResourceDefinition declares, in place of what it declared before; nothing while its names are
    /// not accepted. Built-in kinds win over any definition, whatever its status says.
    /// </summary>
    public void Define(JsonObject definition)
    {
        var name = definition.Str("metadata", "name")!;
        lock (_gate)
        {
            _custom[name] = DefinitionNames.IsEstablished(definition) ? [.. Read(definition).Where(IsFree)] : [];
            Rebuild();
        }
    }

    public void Undefine(string name)
    {
        lock (_gate)
        {
            if (_custom.Remove(name))
            {
                Rebuild();
            }
        }
    }

    /// <summary>The names of the definitions served.</summary>
    public string[] Defined()
    {
        lock (_gate)
        {
            return [.. _custom.Keys];
        }
    }

    private bool IsFree(ResourceType custom) =>
        !_builtIn.Any(t => t.Group == custom.Group && (t.Plural == custom.Plural || t.Kind == custom.Kind));

    private void Rebuild() =>
        Volatile.Write(
            ref _state,
            new State([.. _builtIn, .. _custom.Values.SelectMany(t => t)]) { Generation = _state.Generation + 1 }
        );

    private static IEnumerable<ResourceType> Read(JsonObject definition)
    {
        var spec = definition.Obj("spec")!;
        var names = spec.Obj("names")!;
        var group = spec.Str("group")!;
        var plural = names.Str("plural")!;
        var versions = spec.Arr("versions").Objects().ToList();
        var storage = versions.Find(v => v.Flag("storage"))?.Str("name") ?? versions[0].Str("name")!;
        foreach (var version in versions.Where(v => v.Flag("served")))
        {
            var subresources = version.Obj("subresources");
            var scale = subresources.Obj("scale");
            var schema = version.At("schema", "openAPIV3Schema") as JsonObject;
            yield return new()
            {
                Group = group,
                Version = version.Str("name")!,
                Kind = names.Str("kind")!,
                Plural = plural,
                Singular = names.Str("singular") ?? names.Str("kind")!.ToLowerInvariant(),
                ListKindName = names.Str("listKind"),
                ShortNames = Strings(names.Arr("shortNames")),
                Categories = Strings(names.Arr("categories")),
                Namespaced = spec.Str("scope") == "Namespaced",
                HasStatus = subresources?.ContainsKey("status") == true,
                HasGeneration = true,
                IsCustom = true,
                Scale = scale is null
                    ? null
                    : new(
                        scale.Str("specReplicasPath") ?? ".spec.replicas",
                        scale.Str("statusReplicasPath") ?? ".status.replicas",
                        scale.Str("labelSelectorPath")
                    ),
                Columns =
                [
                    .. version
                        .Arr("additionalPrinterColumns")
                        .Objects()
                        .Select(c => new PrinterColumn(
                            c.Str("name") ?? "",
                            c.Str("type") ?? "string",
                            c.Str("jsonPath") ?? "",
                            (int)(c.Long("priority") ?? 0),
                            c.Str("description") ?? "",
                            c.Str("format") ?? ""
                        )),
                ],
                LoadSchema = () => CustomSchema.ForKind(schema),
                Storage = plural + "." + group,
                StorageApiVersion = group + "/" + storage,
            };
        }
    }

    private static string[] Strings(JsonArray? array) =>
        array is null ? [] : [.. array.Select(a => a.AsString()).OfType<string>()];

    private sealed class State
    {
        public State(IReadOnlyList<ResourceType> all)
        {
            All = all;
            foreach (var type in all)
            {
                ByPath[(type.Group, type.Version, type.Plural)] = type;
                ByKind[(type.ApiVersion, type.Kind)] = type;
                if (!ByStorage.ContainsKey(type.Storage) || type.ApiVersion == type.StorageApiVersion)
                {
                    ByStorage[type.Storage] = type;
                }
                if (!Groups.Contains(type.Group, StringComparer.Ordinal))
                {
                    Groups.Add(type.Group);
                }
            }
        }

        public long Generation { get; init; }

        public IReadOnlyList<ResourceType> All { get; }

        public List<string> Groups { get; } = [];

        public Dictionary<(string Group, string Version, string Plural), ResourceType> ByPath { get; } = [];

        public Dictionary<(string ApiVersion, string Kind), ResourceType> ByKind { get; } = [];

        public Dictionary<string, ResourceType> ByStorage { get; } = [];
    }
}
