using PlatformLocal.Core.Documents;
using PlatformLocal.Core.Environments;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Platform.PlatformServices.Flux;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Platform.PlatformServices.Selection;

/// <summary>The platform services of one platform: which, how changed, and which not.</summary>
public sealed record PlatformServiceSelection
{
    /// <summary>The services to install, each after those it depends on.</summary>
    /// <value>None unless set.</value>
    internal IReadOnlyList<SelectedService> Services { get; init; } = [];

    /// <summary>Those that would belong to it and cannot be installed.</summary>
    /// <value>None unless set.</value>
    internal IReadOnlyList<LeftOutService> LeftOut { get; init; } = [];

    /// <summary>A file with Flux's manifests; <see langword="null"/> to download them.</summary>
    internal string? FluxManifests { get; init; }

    /// <summary>Whether Flux delivers environments that do not say it themselves.</summary>
    /// <value>Not so unless set.</value>
    internal bool DeliversByFlux { get; init; }

    /// <summary>Whether one of the services is installed by Flux, or environments are delivered by it.</summary>
    internal bool NeedsFlux => DeliversByFlux || Services.Any(s => s.Service.NeedsFlux);

    /// <summary>What the services, and Flux where it installs them, ask the scheduler for.</summary>
    internal ResourceRequests Requests =>
        ResourceRequests.Sum(Services.Select(s => s.Requests))
        + (NeedsFlux ? FluxRelease.Requests : ResourceRequests.None);

    /// <summary>The chosen object store, or <see langword="null"/>.</summary>
    internal SelectedService? ObjectStore =>
        Services.FirstOrDefault(s => PlatformServiceCatalogue.ObjectStores.Contains(s.Service.Name));

    /// <summary>The platform services of a platform.</summary>
    /// <exception cref="PlatformException">Services are asked for that do not exist or cannot be had.</exception>
    internal static PlatformServiceSelection Of(PlatformSettings settings, Workspace workspace)
    {
        string wish = settings.Services ?? settings.Cluster.DefaultServices;
        if (!settings.Cluster.ExecutesWorkloads && wish != "none")
        {
            throw new InvalidDocumentException(
                $"The choice of platform services '{wish}'",
                [new Fault("", "an embedded cluster executes nothing and takes none: use --cluster kind or existing")]
            );
        }

        return Of(
            wish,
            settings.Delivery ?? DeliveryKinds.Flux,
            workspace.PlatformServices,
            settings.Profile ?? ServiceProfiles.Small
        ) with
        {
            DeliversByFlux =
                settings.Cluster.ExecutesWorkloads
                && (settings.EnvironmentDelivery ?? workspace.Delivery) == DeliveryKind.Flux,
        };
    }

    /// <summary>The platform services of a platform that is there; none when its workspace cannot be read just now.</summary>
    /// <param name="settings">What it was made with, or <see langword="null"/>.</param>
    /// <param name="workspace">The folder of its workspace.</param>
    public static PlatformServiceSelection Remembered(PlatformSettings? settings, string workspace)
    {
        try
        {
            return settings is null ? new() : Of(settings, WorkspaceReader.Read(workspace));
        }
        catch (PlatformException)
        {
            // Told to whoever deploys; a status is shown all the same.
            return new();
        }
    }

    /// <summary>Decides which services a platform gets.</summary>
    /// <param name="wish"><c>default</c>, <c>none</c>, or names separated by commas.</param>
    /// <param name="delivery">One of <see cref="DeliveryKinds"/>.</param>
    /// <param name="settings">What the workspace says.</param>
    /// <param name="profile">What <c>default</c> means: one of <see cref="ServiceProfiles"/>.</param>
    /// <exception cref="InvalidDocumentException">A name is unknown or cannot be had; carries every fault.</exception>
    internal static PlatformServiceSelection Of(
        string wish,
        string delivery,
        PlatformServiceSettings settings,
        string profile = ServiceProfiles.Small
    )
    {
        bool isDefault = wish == "default";
        var names =
            isDefault ? DefaultNames(settings, PlatformServiceCatalogue.Profiles[profile])
            : wish == "none" ? []
            : [.. wish.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct()];
        var faults = names.Select(UnknownName).OfType<Fault>().ToList();
        if (!isDefault && wish != "none" && names.Count == 0)
        {
            faults.Add(new Fault("", "names no service; write none to have none"));
        }

        if (PlatformServiceCatalogue.ObjectStores.All(names.Contains))
        {
            faults.Add(
                new Fault("", $"{string.Join(" and ", PlatformServiceCatalogue.ObjectStores)} exclude each other")
            );
        }

        var leftOut = new List<LeftOutService>();
        var wanted = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in names)
        {
            if (PlatformServiceCatalogue.Find(name) is not { } service)
            {
                continue;
            }

            if (delivery == DeliveryKinds.Direct && ChartIn(service) is { } chart)
            {
                string reason =
                    chart == service.Name
                        ? "is a Helm chart, which --delivery direct cannot install"
                        : $"depends on {chart}, a Helm chart, which --delivery direct cannot install";
                if (isDefault)
                {
                    leftOut.Add(new LeftOutService(name, reason));
                }
                else
                {
                    faults.Add(new Fault("", $"{name} {reason}"));
                }

                continue;
            }

            AddWithDependencies(service, wanted);
        }

        var services = PlatformServiceCatalogue
            .All.Where(s => wanted.Contains(s.Name))
            .Select(s => new SelectedService(
                s with
                {
                    Charts = [.. s.Charts.Select(c => c with { Mirror = settings.Charts })],
                },
                settings.Changes.GetValueOrDefault(s.Name) ?? PlatformServiceChange.None
            ))
            .ToList();
        faults.AddRange(services.SelectMany(MissingValues));
        return faults.Count == 0
            ? new PlatformServiceSelection
            {
                Services = services,
                LeftOut = leftOut,
                FluxManifests = settings.FluxManifests,
            }
            : throw new InvalidDocumentException($"The choice of platform services '{wish}'", faults);
    }

    private static List<string> DefaultNames(PlatformServiceSettings settings, IEnumerable<string> names)
    {
        if (settings.ObjectStore is { } store)
        {
            names = names
                .Where(n => !PlatformServiceCatalogue.ObjectStores.Contains(n))
                .Concat(store == "none" ? [] : [store]);
        }

        return
        [
            .. names.Where(n => settings.Changes.GetValueOrDefault(n)?.Enabled != false),
            .. settings.Changes.Where(c => c.Value.Enabled == true).Select(c => c.Key).Except(names),
        ];
    }

    private static Fault? UnknownName(string name)
    {
        if (PlatformServiceCatalogue.Find(name) is not null)
        {
            return null;
        }

        var near = Nearest.To(name, PlatformServiceCatalogue.Names);
        return new Fault(
            "",
            near.Count > 0
                ? $"'{name}' is no platform service; did you mean {near[0]}?"
                : $"'{name}' is no platform service; there are: {string.Join(", ", PlatformServiceCatalogue.Names)}"
        );
    }

    /// <summary>The service itself or the first one it depends on that is a chart.</summary>
    private static string? ChartIn(PlatformService service) =>
        service.NeedsFlux
            ? service.Name
            : service
                .DependsOn.Select(n => ChartIn(PlatformServiceCatalogue.Find(n)!))
                .FirstOrDefault(n => n is not null);

    private static void AddWithDependencies(PlatformService service, HashSet<string> wanted)
    {
        if (wanted.Add(service.Name))
        {
            foreach (string name in service.DependsOn)
            {
                AddWithDependencies(PlatformServiceCatalogue.Find(name)!, wanted);
            }
        }
    }

    private static IEnumerable<Fault> MissingValues(SelectedService chosen)
    {
        var service = chosen.Service;
        return service
            .RequiredValues.Where(path => Find(path) is null)
            .Select(p => new Fault(
                $"spec.platformServices.{service.Name}.values.{p}",
                $"is required by {service.Name}"
            ));

        JsonNode? Find(string path) =>
            path.Split('.').Aggregate((JsonNode?)chosen.Values(), (at, name) => (at as JsonObject)?[name]);
    }
}
