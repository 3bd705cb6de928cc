namespace PlatformLocal.Deployment.Workspaces;

/// <summary>What the catalogue file says of one service.</summary>
internal sealed record CatalogueEntry
{
    public IReadOnlyList<PlatformVersion> Versions { get; init; } = [];

    public IReadOnlyList<PlatformVersion> DevVersions { get; init; } = [];

    public IReadOnlyDictionary<
        PlatformVersion,
        IReadOnlyDictionary<string, VersionConstraint>
    > DependsOn { get; init; } = new Dictionary<PlatformVersion, IReadOnlyDictionary<string, VersionConstraint>>();
}

/// <summary>Reads the catalogue of versions. It is by far the largest file of a workspace, and says the same things often.</summary>
internal sealed class CatalogueReader
{
    private readonly List<Fault> _faults = [];
    private readonly Dictionary<string, PlatformVersion?> _versions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (VersionConstraint? Constraint, string? Fault)> _constraints = new(
        StringComparer.Ordinal
    );

    private CatalogueReader() { }

    /// <summary>The entries of a catalogue file by service; none when there is no file.</summary>
    /// <exception cref="PlatformException">The file cannot be read or is not valid; carries every fault.</exception>
    public static IReadOnlyDictionary<string, CatalogueEntry> Read(string file, CatalogueCache? cache) =>
        !File.Exists(file) ? new Dictionary<string, CatalogueEntry>()
        : cache is null ? Read(file)
        : cache.Get(file, Read);

    private static IReadOnlyDictionary<string, CatalogueEntry> Read(string file)
    {
        var catalogue = new CatalogueReader();
        var entries = new Dictionary<string, CatalogueEntry>(StringComparer.Ordinal);
        var reader = WorkspaceReader.OpenDocument(
            file,
            "Catalogue",
            catalogue._faults,
            new EachEntry("services", Take)
        );
        foreach (var (name, value) in reader.ObjectNode("services", required: true) ?? [])
        {
            Take(name, value);
        }

        reader.RefuseOthers();
        WorkspaceReader.ThrowIfAny(file, catalogue._faults);
        return entries;

        void Take(string name, JsonNode? value)
        {
            if (value is JsonObject source)
            {
                entries[name] = catalogue.ReadEntry(source, $"services.{name}");
            }
            else
            {
                catalogue.Fault($"services.{name}", "must be an object with versions");
            }
        }
    }

    private CatalogueEntry ReadEntry(JsonObject source, string path)
    {
        var reader = new ObjectReader(source, _faults, path);
        var dependsOn = new Dictionary<PlatformVersion, IReadOnlyDictionary<string, VersionConstraint>>();
        foreach (var (version, value) in reader.ObjectNode("dependsOn") ?? [])
        {
            if (value is not (null or JsonObject))
            {
                Fault($"{path}.dependsOn.{version}", $"must be an object, and is {ObjectReader.KindOf(value)}");
                continue;
            }

            var constraints = ReadConstraints(value as JsonObject ?? [], path, version);
            if (ReadVersion(version, $"{path}.dependsOn", version) is { } parsed)
            {
                dependsOn[parsed] = constraints;
            }
        }

        var versions = ReadVersions(reader, path, "versions");
        var builds = ReadVersions(reader, path, "devVersions");
        reader.RefuseOthers();
        return new CatalogueEntry
        {
            Versions = versions,
            DevVersions = builds,
            DependsOn = ByWrittenVersion(dependsOn, [.. versions, .. builds]),
        };
    }

    /// <summary>What is said of 1.2 where only 1.2.0 is listed is said of that one.</summary>
    private static Dictionary<PlatformVersion, IReadOnlyDictionary<string, VersionConstraint>> ByWrittenVersion(
        Dictionary<PlatformVersion, IReadOnlyDictionary<string, VersionConstraint>> dependsOn,
        IReadOnlyList<PlatformVersion> listed
    )
    {
        if (dependsOn.Count == 0)
        {
            return dependsOn;
        }

        var loose = dependsOn.Keys.Except(listed).ToList();
        foreach (var said in loose)
        {
            foreach (var meant in listed.Where(v => v.EqualsInOrder(said) && !dependsOn.ContainsKey(v)).ToList())
            {
                dependsOn[meant] = dependsOn[said];
            }
        }

        return dependsOn;
    }

    private Dictionary<string, VersionConstraint> ReadConstraints(JsonObject source, string path, string version)
    {
        var constraints = new Dictionary<string, VersionConstraint>(source.Count, StringComparer.Ordinal);
        foreach (var (name, value) in source)
        {
            if (value?.GetValueKind() != JsonValueKind.String)
            {
                Fault($"{path}.dependsOn.{version}.{name}", $"must be a text, and is {ObjectReader.KindOf(value)}");
                continue;
            }

            var text = value.GetValue<string>();
            if (!_constraints.TryGetValue(text, out var known))
            {
                _ = VersionConstraint.TryParse(text, out var parsed, out var fault);
                _constraints[text] = known = (parsed, fault);
            }

            if (known.Constraint is { } constraint)
            {
                constraints[name] = constraint;
            }
            else
            {
                Fault($"{path}.dependsOn.{version}.{name}", known.Fault!);
            }
        }

        return constraints;
    }

    private List<PlatformVersion> ReadVersions(ObjectReader reader, string path, string name) =>
        [.. reader.Texts(name).Select(t => ReadVersion(t, path, name)).OfType<PlatformVersion>()];

    private PlatformVersion? ReadVersion(string text, string path, string name)
    {
        if (!_versions.TryGetValue(text, out var version))
        {
            _ = PlatformVersion.TryParse(text, out version);
            _versions[text] = version;
        }

        if (version is null)
        {
            Fault($"{path}.{name}", $"'{text}' is not a version such as 1.2.3 or 1.2.3-dev.4");
        }

        return version;
    }

    private void Fault(string path, string message) => _faults.Add(new Fault(path, message));
}
