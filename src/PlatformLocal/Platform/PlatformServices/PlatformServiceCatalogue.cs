using PlatformLocal.Platform.PlatformServices.Authentik;
using PlatformLocal.Platform.PlatformServices.CedarAgent;
using PlatformLocal.Platform.PlatformServices.CertManager;
using PlatformLocal.Platform.PlatformServices.Elasticsearch;
using PlatformLocal.Platform.PlatformServices.Gateway;
using PlatformLocal.Platform.PlatformServices.Infisical;
using PlatformLocal.Platform.PlatformServices.Kong;
using PlatformLocal.Platform.PlatformServices.Minio;
using PlatformLocal.Platform.PlatformServices.Monitoring;
using PlatformLocal.Platform.PlatformServices.Opal;
using PlatformLocal.Platform.PlatformServices.Postgres;
using PlatformLocal.Platform.PlatformServices.Qdrant;
using PlatformLocal.Platform.PlatformServices.Redis;
using PlatformLocal.Platform.PlatformServices.RustFs;
using PlatformLocal.Platform.PlatformServices.Selection;

namespace PlatformLocal.Platform.PlatformServices;

/// <summary>All platform services there are.</summary>
internal static class PlatformServiceCatalogue
{
    private static readonly string[] s_small = ["minio", "elasticsearch", "infisical", "qdrant"];

    /// <summary>Each after those it depends on.</summary>
    public static IReadOnlyList<PlatformService> All { get; } =
    [
        CertManagerService.Definition,
        GatewayService.Definition,
        MinioService.Definition,
        RustFsService.Definition,
        ElasticsearchService.Definition,
        PostgresService.Definition,
        RedisService.Definition,
        InfisicalService.Definition,
        QdrantService.Definition,
        KongService.Definition,
        AuthentikService.Definition,
        MonitoringService.Definition,
        CedarAgentService.Definition,
        OpalService.Definition,
    ];

    /// <summary>What the default choice is, by the profile's name; what these depend on comes with them.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Profiles { get; } =
        new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
        {
            [ServiceProfiles.Small] = s_small,
            [ServiceProfiles.Full] =
            [
                "cert-manager",
                "gateway",
                .. s_small,
                "kong",
                "authentik",
                "monitoring",
                "cedar-agent",
            ],
        };

    /// <summary>Those of which a platform has one at most.</summary>
    public static IReadOnlyList<string> ObjectStores { get; } = ["minio", "rustfs"];

    /// <summary>Their names.</summary>
    public static IEnumerable<string> Names => All.Select(s => s.Name);

    /// <summary>A service by its name, or <see langword="null"/>.</summary>
    public static PlatformService? Find(string name) => All.FirstOrDefault(s => s.Name == name);
}
