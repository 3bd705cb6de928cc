namespace PlatformLocal.Platform.PlatformServices.Flux;

/// <summary>The release of Flux that the platform installs.</summary>
internal static class FluxRelease
{
    /// <summary>Its version.</summary>
    public const string Version = "v2.9.4";

    /// <summary>Its namespace.</summary>
    public const string Namespace = "flux-system";

    /// <summary>The oldest minor version of Kubernetes 1 that it runs on.</summary>
    public const int OldestKubernetes = 33;

    /// <summary>Its manifests: kinds, roles and controllers.</summary>
    public static Uri Manifests { get; } =
        new($"https://github.com/fluxcd/flux2/releases/download/{Version}/install.yaml");

    /// <summary>The images of its controllers.</summary>
    public static IReadOnlyList<string> Images { get; } =
    [
        "ghcr.io/fluxcd/source-controller:v1.9.1",
        "ghcr.io/fluxcd/kustomize-controller:v1.9.4",
        "ghcr.io/fluxcd/helm-controller:v1.6.3",
        "ghcr.io/fluxcd/notification-controller:v1.9.3",
    ];

    /// <summary>What its controllers ask for together, as their manifests say.</summary>
    public static ResourceRequests Requests { get; } = new(Cpu: 350, Memory: 256);

    // They make commits and look for images, which nothing of the platform asks them to.
    private static readonly string[] s_unused =
    [
        "image-automation-controller",
        "image-reflector-controller",
        "source-watcher",
    ];

    // An action of Helm and a look at health end when what they are about changes or goes, instead of at their timeout; who
    // waits for another Kustomization looks again after 5 s instead of 30. While health is looked at, a
    // worker does nothing else: the four of its default would hold independent services up.
    private static readonly Dictionary<string, string[]> s_flags = new(StringComparer.Ordinal)
    {
        ["helm-controller"] = [CancelsOvertaken],
        ["kustomize-controller"] = [CancelsOvertaken, "--requeue-dependency=5s", "--concurrent=20"],
    };

    private const string CancelsOvertaken = "--feature-gates=CancelHealthCheckOnNewRevision=true";

    /// <summary>Changes when <see cref="Adapted"/> does: what was installed by an older program is then installed anew.</summary>
    public static string Adaptation { get; } =
        $"without {string.Join(' ', s_unused)}, {string.Join(' ', s_flags.Values.SelectMany(f => f))}";

    /// <summary>Flux as the platform installs it: the controllers it has a use for, started with its flags.</summary>
    /// <param name="manifests">The release's manifests; what is made of them is written into these.</param>
    public static IReadOnlyList<JsonObject> Adapted(IEnumerable<JsonObject> manifests)
    {
        var kept = manifests
            .Where(m => m.Text("kind") is not "Deployment" || !s_unused.Contains(m.Metadata().Text("name")))
            .ToList();
        foreach (var (name, flags) in s_flags)
        {
            var controller = kept.Find(m => m.Text("kind") == "Deployment" && m.Metadata().Text("name") == name);
            if (controller?["spec"]?["template"]?["spec"]?["containers"]?[0] is JsonObject container)
            {
                var args = container["args"] as JsonArray ?? [];
                container["args"] = new JsonArray([
                    .. args.Select(a => a?.DeepClone()),
                    .. flags.Select(f => (JsonNode)f),
                ]);
            }
        }

        return kept;
    }

    /// <summary>The refusal of a cluster that is too old.</summary>
    /// <param name="found">What the cluster has, as in <c>the cluster has v1.20.2</c>.</param>
    public static PlatformException TooOld(string found) =>
        new(
            FailureKind.InvalidInput,
            $"Flux {Version}, which installs the platform services, needs Kubernetes 1.{OldestKubernetes} or newer; this is {found}.",
            "Take a newer cluster (on Kind: another --node-image), or do without: --services none, or --delivery direct "
                + "with services that are no charts."
        );
}
