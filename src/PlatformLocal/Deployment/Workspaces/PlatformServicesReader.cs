namespace PlatformLocal.Deployment.Workspaces;

/// <summary>Reads <c>spec.platformServices</c> of <c>platform.yaml</c>.</summary>
internal static class PlatformServicesReader
{
    /// <summary>What a workspace says about the platform services.</summary>
    /// <param name="source">The object, or <see langword="null"/> when it says nothing.</param>
    /// <param name="folder">The workspace's folder: paths of files begin there.</param>
    public static PlatformServiceSettings Read(ObjectReader? source, string folder)
    {
        if (source is null)
        {
            return new PlatformServiceSettings();
        }

        var flux = source.Section("flux");
        string? manifests = ReadFile(flux, folder);
        flux?.RefuseOthers();
        var charts = ReadCharts(source.Section("charts"));
        var changes = new Dictionary<string, PlatformServiceChange>(StringComparer.Ordinal);
        foreach (var service in PlatformServiceFormat.All)
        {
            if (source.Section(service.Name) is not { } reader)
            {
                continue;
            }

            changes[service.Name] = new PlatformServiceChange
            {
                Enabled = reader.Boolean("enabled"),
                Version = service.HasVersion ? reader.Text("version") : null,
                Values = reader.ObjectNode("values"),
                Manifests = service.HasManifests ? ReadFile(reader, folder) : null,
            };
            reader.RefuseOthers();
        }

        string? store = source.OneOf(
            "objectStore",
            [.. PlatformServiceFormat.All.Where(s => s.IsObjectStore).Select(s => s.Name), "none"]
        );
        source.RefuseOthers();
        return new PlatformServiceSettings
        {
            ObjectStore = store,
            FluxManifests = manifests,
            Charts = charts,
            Changes = changes,
        };
    }

    private static ChartRegistry? ReadCharts(ObjectReader? reader)
    {
        if (reader is null)
        {
            return null;
        }

        string? url = reader.Text("registry", required: true)?.TrimEnd('/');
        if (url is not null && !(Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme == "oci"))
        {
            reader.Fault("registry", "must be like oci://registry.example.com/charts");
        }

        var registry = new ChartRegistry(url ?? "")
        {
            IsInsecure = reader.Boolean("insecure") ?? false,
            Secret = reader.Text("secret"),
        };
        reader.RefuseOthers();
        return registry;
    }

    private static string? ReadFile(ObjectReader? reader, string folder)
    {
        if (reader?.Text("manifests") is not { } path)
        {
            return null;
        }

        string file = Path.GetFullPath(path, folder);
        if (!File.Exists(file))
        {
            reader.Fault("manifests", $"the file {file} does not exist");
        }

        return file;
    }
}
