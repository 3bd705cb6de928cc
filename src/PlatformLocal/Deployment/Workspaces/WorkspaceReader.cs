using System.Text.RegularExpressions;
using PlatformLocal.Deployment.Registries;

namespace PlatformLocal.Deployment.Workspaces;

/// <summary>Reads workspaces: <c>platform.yaml</c>, the services' <c>service.yaml</c> and the catalogue of versions.</summary>
public static partial class WorkspaceReader
{
    /// <summary>The name of the file with a service's definition.</summary>
    internal const string ServiceFile = "service.yaml";

    private const string ApiVersion = "platform.local/v1alpha1";
    private const string Never = "never";

    /// <summary>Reads a workspace.</summary>
    /// <param name="folder">The folder with <c>platform.yaml</c>.</param>
    /// <param name="cache">Keeps the catalogue file for whoever reads the workspace often.</param>
    /// <exception cref="PlatformException">The folder is none, or one of its files is not valid.</exception>
    public static Workspace Read(string folder, CatalogueCache? cache = null)
    {
        folder = Path.GetFullPath(folder);
        var file = Path.Combine(folder, Workspace.FileName);
        if (!File.Exists(file))
        {
            throw new PlatformException(
                FailureKind.InvalidInput,
                $"{folder} is no workspace: it has no {Workspace.FileName}.",
                "Name a workspace with --workspace, or copy the folder examples/ to begin with."
            );
        }

        var faults = new List<Fault>();
        var reader = OpenDocument(file, "Platform", faults);
        var name = ReadName(reader);
        var spec = reader.Section("spec", required: true);
        reader.RefuseOthers();
        var services = spec?.Text("services");
        var sources = ServiceSourcesReader.Read(spec, folder);
        var catalogue = spec?.Text("catalogue") ?? "catalogue.yaml";
        var domain = spec?.Text("domain") ?? "platform.localhost";
        var registry = spec?.Text("registry") ?? $"localhost:{Workspace.LocalRegistryPort}";
        var delivery = ClaimReader.ReadDelivery(spec);
        var updates = ReadUpdates(spec, faults);
        var types = ReadTypes(spec?.Section("environmentTypes"), updates, faults);
        var claims = ReadClaims(spec?.Section("claims"), faults);
        var platformServices = PlatformServicesReader.Read(spec?.Section("platformServices"), folder);
        var clusterKinds = ReadClusterKinds(spec?.ObjectNode("clusterKinds"), faults);
        spec?.RefuseOthers();
        ThrowIfAny(file, faults);
        return new Workspace
        {
            Name = name!,
            Folder = folder,
            Domain = domain,
            Registry = registry,
            Delivery = delivery,
            Types = types,
            Claims = claims,
            PlatformServices = platformServices,
            ServiceSources = sources,
            ClusterKinds = clusterKinds,
            Catalogue = ReadCatalogue(
                Inside(folder, services ?? "services", file, "spec.services"),
                isRequired: services is not null || sources.Count == 0,
                Inside(folder, catalogue, file, "spec.catalogue"),
                cache
            ),
        };
    }

    /// <summary>Reads one service's definition.</summary>
    /// <param name="file">The path of its <c>service.yaml</c>.</param>
    /// <exception cref="InvalidDocumentException">The file is not valid; carries every fault.</exception>
    public static ServiceDefinition ReadService(string file) =>
        ParseService(ReadText(file), file, Path.GetDirectoryName(Path.GetFullPath(file))!);

    /// <summary>Reads one service's definition.</summary>
    /// <param name="text">The content of its <c>service.yaml</c>.</param>
    /// <param name="place">Where it is, for people.</param>
    /// <param name="folder">The folder that its paths begin in.</param>
    /// <exception cref="InvalidDocumentException">It is not valid; carries every fault.</exception>
    internal static ServiceDefinition ParseService(string text, string place, string folder)
    {
        var faults = new List<Fault>();
        var reader = OpenDocument(text, place, "ServiceDefinition", faults);
        var name = ReadName(reader);
        if (name is not null && Names.FaultOf(name) is { } fault)
        {
            reader.Fault("metadata.name", fault);
        }

        var spec = reader.Section("spec", required: true);
        reader.RefuseOthers();
        var versions = spec?.OneOf("versions", ["catalogue", "registry", "git"]);
        var repository = spec?.Text("repository");
        if ((versions == "git") != (repository is not null))
        {
            reader.Fault("spec.repository", "names the git repository when versions is git, and only then");
        }

        var definition = new ServiceDefinition
        {
            Name = name ?? "",
            Image = spec?.Text("image", required: true) ?? "",
            DependsOn = ReadConstraints(spec?.TextMap("dependsOn"), "spec.dependsOn", faults),
            Manifests = spec?.Text("manifests", required: true) ?? "",
            Playbook = spec?.Text("playbook"),
            Substitutes = spec?.OneOf("substitute", ["enabled", "disabled"]) != "disabled",
            Namespaces = spec?.Texts("namespaces") ?? [],
            Secrets = spec?.Texts("secrets") ?? [],
            Timeout = spec?.Text("timeout") is { } timeout
                ? ReadDuration(timeout, "spec.timeout", faults)
                : TimeSpan.FromMinutes(5),
            VersionsFrom = versions switch
            {
                "registry" => VersionsFrom.Registry,
                "git" => VersionsFrom.Git,
                _ => VersionsFrom.Catalogue,
            },
            Repository = repository,
            Folder = folder,
        };
        spec?.RefuseOthers();
        if (name is not null && definition.DependsOn.ContainsKey(name))
        {
            reader.Fault($"spec.dependsOn.{name}", "is the service itself: a service cannot need itself");
        }

        ThrowIfAny(place, faults);
        return definition;
    }

    private static Catalogue ReadCatalogue(
        string servicesFolder,
        bool isRequired,
        string catalogueFile,
        CatalogueCache? cache
    )
    {
        var entries = CatalogueReader.Read(catalogueFile, cache);
        var services = new Dictionary<string, CatalogueService>(StringComparer.Ordinal);
        IEnumerable<string> files =
            Directory.Exists(servicesFolder)
                ? Directory.EnumerateDirectories(servicesFolder).Order(StringComparer.Ordinal)
            : !isRequired ? []
            : throw new PlatformException(
                FailureKind.InvalidInput,
                $"The folder of services {servicesFolder} does not exist."
            );
        foreach (var file in files.Select(f => Path.Combine(f, ServiceFile)).Where(File.Exists))
        {
            var definition = ReadService(file);
            var entry = entries.GetValueOrDefault(definition.Name) ?? new CatalogueEntry();
            var service = new CatalogueService
            {
                Definition = definition,
                Versions = entry.Versions,
                DevVersions = entry.DevVersions,
                DependsOnByVersion = entry.DependsOn,
            };
            if (!services.TryAdd(definition.Name, service))
            {
                throw new InvalidDocumentException(
                    file,
                    [
                        new Fault(
                            "metadata.name",
                            $"'{definition.Name}' is also the name of {services[definition.Name].Definition.Folder}"
                        ),
                    ]
                );
            }
        }

        return new Catalogue(services);
    }

    private static IReadOnlyDictionary<EnvironmentType, EnvironmentTypeDefaults> ReadTypes(
        ObjectReader? source,
        Updates? updates,
        List<Fault> faults
    )
    {
        var types = EnvironmentTypes.BuiltIn.ToDictionary(
            t => t.Key,
            t => t.Value with { UpdatesEvery = updates is null ? t.Value.UpdatesEvery : updates.Every }
        );
        foreach (var name in EnvironmentTypes.Names)
        {
            if (source?.Section(name) is not { } reader)
            {
                continue;
            }

            var builtIn = types[EnvironmentTypes.Find(name)!.Value];
            var services = reader.TextMap("services");
            _ = ReadConstraints(services, reader.PathOf("services"), faults);
            types[builtIn.Type] = builtIn with
            {
                Services = services,
                Variables = reader.TextMap("variables"),
                Quotas = ReadQuotas(reader),
                Lifetime = reader.Text("expiresAfter") switch
                {
                    null => builtIn.Lifetime,
                    Never => null,
                    var text => ReadDuration(text, reader.PathOf("expiresAfter"), faults),
                },
                UpdatesEvery = ReadUpdates(reader, faults) is { } own ? own.Every : builtIn.UpdatesEvery,
            };
            reader.RefuseOthers();
        }

        source?.RefuseOthers();
        return types;
    }

    private static Dictionary<string, IReadOnlyList<string>> ReadClusterKinds(JsonObject? source, List<Fault> faults)
    {
        var kinds = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        var reader = new ObjectReader(source ?? [], faults, "spec.clusterKinds");
        foreach (var (service, _) in source ?? [])
        {
            kinds[service] = reader.Texts(service);
            if (kinds[service].Contains(Workspace.NamespaceKind))
            {
                reader.Fault(service, "must not have Namespace: an environment has the one that the platform makes");
            }
        }

        return kinds;
    }

    private static ClaimRules ReadClaims(ObjectReader? source, List<Fault> faults)
    {
        var rules = new ClaimRules();
        if (source is null)
        {
            return rules;
        }

        var registries = source.Texts("registries");
        foreach (var registry in registries)
        {
            if (!RepositoryName.TryParse($"{registry.TrimEnd('/')}/any", out _))
            {
                source.Fault(
                    "registries",
                    $"'{registry}' is no registry or repository such as ghcr.io or ghcr.io/shop"
                );
            }
        }

        rules = new ClaimRules
        {
            Registries = registries,
            AllowsPlaybooks = source.Boolean("playbooks") ?? false,
            GracePeriod = source.Text("gracePeriod") is { } period
                ? ReadDuration(period, source.PathOf("gracePeriod"), faults)
                : rules.GracePeriod,
        };
        source.RefuseOthers();
        return rules;
    }

    private static Updates? ReadUpdates(ObjectReader? source, List<Fault> faults)
    {
        if (source?.Section("updates") is not { } reader)
        {
            return null;
        }

        var every = reader.Text("every", required: true);
        reader.RefuseOthers();
        return new Updates(every is null or Never ? null : ReadDuration(every, reader.PathOf("every"), faults));
    }

    private static IReadOnlyDictionary<string, string> ReadQuotas(ObjectReader reader)
    {
        var quotas = reader.TextMap("quotas");
        foreach (var (resource, quantity) in quotas)
        {
            if (quantity != EnvironmentTypeDefaults.Unlimited && !QuantityText().IsMatch(quantity))
            {
                reader.Fault(
                    $"quotas.{resource}",
                    $"'{quantity}' is not a quantity such as 4, 500m or 16Gi, nor '{EnvironmentTypeDefaults.Unlimited}'"
                );
            }
        }

        return quotas;
    }

    private static string ReadText(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PlatformException(FailureKind.InvalidInput, $"{file} cannot be read: {e.Message}");
        }
    }

    internal static ObjectReader OpenDocument(string file, string kind, List<Fault> faults, EachEntry? each = null) =>
        OpenDocument(ReadText(file), file, kind, faults, each);

    private static ObjectReader OpenDocument(
        string text,
        string file,
        string kind,
        List<Fault> faults,
        EachEntry? each = null
    )
    {
        var reader = new ObjectReader(YamlText.ParseObject(text, file, each), faults);
        _ = reader.OneOf("apiVersion", [ApiVersion], required: true);
        _ = reader.OneOf("kind", [kind], required: true);
        return reader;
    }

    private static string? ReadName(ObjectReader document)
    {
        var metadata = document.Section("metadata", required: true);
        var name = metadata?.Text("name", required: true);
        metadata?.RefuseOthers();
        return name;
    }

    private static Dictionary<string, VersionConstraint> ReadConstraints(
        IReadOnlyDictionary<string, string>? source,
        string path,
        List<Fault> faults
    )
    {
        var constraints = new Dictionary<string, VersionConstraint>(StringComparer.Ordinal);
        foreach (var (name, text) in source ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            if (VersionConstraint.TryParse(text, out var constraint, out var fault))
            {
                constraints[name] = constraint;
            }
            else
            {
                faults.Add(new Fault($"{path}.{name}", fault));
            }
        }

        return constraints;
    }

    private static TimeSpan ReadDuration(string text, string path, List<Fault> faults)
    {
        var unit = text.Length > 1 ? text[^1] : ' ';
        if (
            int.TryParse(text.AsSpan(0, Math.Max(0, text.Length - 1)), NumberStyles.None, null, out var number)
            && number > 0
            && unit is 's' or 'm' or 'h'
        )
        {
            return unit switch
            {
                's' => TimeSpan.FromSeconds(number),
                'm' => TimeSpan.FromMinutes(number),
                _ => TimeSpan.FromHours(number),
            };
        }

        faults.Add(new Fault(path, $"'{text}' is not a duration such as 90s, 5m or 24h"));
        return TimeSpan.Zero;
    }

    private static string Inside(string folder, string relative, string file, string path) =>
        Manifests.SafePath.Inside(folder, relative)
        ?? throw new InvalidDocumentException(file, [new Fault(path, $"'{relative}' leads out of the workspace")]);

    internal static void ThrowIfAny(string file, List<Fault> faults)
    {
        if (faults.Count > 0)
        {
            throw new InvalidDocumentException(file, faults);
        }
    }

    // As Kubernetes writes quantities, without signs and exponents.
    [GeneratedRegex(@"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex QuantityText();

    private sealed record Updates(TimeSpan? Every);
}
