using PlatformLocal.Services.Authentik;
using PlatformLocal.Services.CedarAgent;
using PlatformLocal.Services.CertManager;
using PlatformLocal.Services.Elasticsearch;
using PlatformLocal.Services.Gateway;
using PlatformLocal.Services.Infisical;
using PlatformLocal.Services.Kong;
using PlatformLocal.Services.Minio;
using PlatformLocal.Services.Monitoring;
using PlatformLocal.Services.Opal;
using PlatformLocal.Services.Postgres;
using PlatformLocal.Services.Qdrant;
using PlatformLocal.Services.Redis;
using PlatformLocal.Services.RustFs;

namespace PlatformLocal.Services;

/// <summary>All platform services there are.</summary>
public static class PlatformServices
{
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

    /// <summary>Those a platform on Kind gets unless it is told otherwise; what they depend on comes with them.</summary>
    public static IReadOnlyList<string> Default { get; } =
    ["cert-manager", "gateway", "minio", "elasticsearch", "infisical", "qdrant"];

    /// <summary>Those of which a platform has one at most.</summary>
    public static IReadOnlyList<string> ObjectStores { get; } = ["minio", "rustfs"];

    /// <summary>Their names.</summary>
    public static IEnumerable<string> Names => All.Select(s => s.Name);

    /// <summary>A service by its name, or <see langword="null"/>.</summary>
    /// <param name="name">The name.</param>
    public static PlatformService? Find(string name) => All.FirstOrDefault(s => s.Name == name);
}
