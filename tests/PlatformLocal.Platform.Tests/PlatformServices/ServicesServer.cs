using System.Text.Json.Nodes;
using PlatformLocal.Core.Documents;
using PlatformLocal.Kubernetes;
using PlatformLocal.Platform.PlatformServices;
using PlatformLocal.Testing;

namespace PlatformLocal.Platform.Tests.PlatformServices;

/// <summary>Tests that share the server run one after another.</summary>
[CollectionDefinition(nameof(ServicesServer))]
public sealed class ServicesServerCollection : ICollectionFixture<ServicesServer>;

/// <summary>A real API server of its own with Flux's kinds: the platform's namespace is the same for everybody.</summary>
public sealed class ServicesServer : IAsyncLifetime
{
    private readonly RealApiServer _server = new();
    private readonly TemporaryFolder _folder = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>A new client of the server, with as much of Flux as a test asks for.</summary>
    public Task<KubernetesClient> ConnectAsync() => _server.ConnectAsync();

    /// <summary>A server with Flux's kinds and the platform's namespace, without anything else of earlier tests.</summary>
    public async Task<KubernetesClient> ConnectWithKindsAsync(CancellationToken cancellationToken)
    {
        var client = await ConnectAsync();
        await ApplyKindsAsync(client, fieldManager: null, cancellationToken);
        await client.ApplyAsync(Namespace(PlatformService.Namespace), null, cancellationToken);
        await EmptyAsync(client, cancellationToken);
        return client;
    }

    /// <summary>Flux's kinds, as the server takes them, until it serves them all.</summary>
    public static async Task ApplyKindsAsync(
        KubernetesClient client,
        string? fieldManager,
        CancellationToken cancellationToken
    )
    {
        // Old servers refuse the rules in CEL; those that have policies in it have them.
        var hasRules =
            await client.Resources.FindAsync(
                "admissionregistration.k8s.io/v1",
                "ValidatingAdmissionPolicy",
                cancellationToken
            )
            is not null;
        var options = fieldManager is null
            ? new WriteOptions { Force = true }
            : new WriteOptions { FieldManager = fieldManager };
        foreach (var kind in hasRules ? PublishedFluxKinds() : FluxKinds())
        {
            await client.ApplyAsync(kind, options, cancellationToken);
            var reference = ObjectReference.Of(kind);
            while (!IsEstablished(await client.GetAsync(reference, cancellationToken)))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
            }
        }
    }

    private static bool IsEstablished(JsonObject kind) =>
        kind.Child("status")
            .Items("conditions")
            .Any(c => c.Text("type") == "Established" && c.Text("status") == "True");

    /// <summary>Removes what a test left in the platform's namespace, finalizers and all.</summary>
    public static async Task EmptyAsync(KubernetesClient client, CancellationToken cancellationToken)
    {
        foreach (
            var (apiVersion, kind) in new[]
            {
                ("helm.toolkit.fluxcd.io/v2", "HelmRelease"),
                ("source.toolkit.fluxcd.io/v1", "HelmRepository"),
                ("source.toolkit.fluxcd.io/v1", "OCIRepository"),
                ("apps/v1", "Deployment"),
                ("apps/v1", "StatefulSet"),
                ("v1", "Service"),
                ("v1", "Endpoints"),
                ("v1", "Secret"),
                ("v1", "ConfigMap"),
                ("v1", "Pod"),
            }
        )
        {
            if (await client.Resources.FindAsync(apiVersion, kind, cancellationToken) is null)
            {
                continue;
            }

            var list = await client.ListAsync(apiVersion, kind, PlatformService.Namespace, null, cancellationToken);
            foreach (var item in list.Items)
            {
                await client.DeleteAsync(
                    new ObjectReference(apiVersion, kind, PlatformService.Namespace, item.Metadata().Text("name")!),
                    new DeleteOptions { GracePeriodSeconds = 0 },
                    cancellationToken
                );
            }
        }
    }

    /// <summary>Flux's kinds as this server takes them.</summary>
    public static IReadOnlyList<JsonObject> FluxKinds() => [.. PublishedFluxKinds().Select(WithoutNewerRules)];

    /// <summary>Flux's kinds as they are published.</summary>
    public static IReadOnlyList<JsonObject> PublishedFluxKinds() =>
        [
            .. Directory
                .EnumerateFiles(TestData.Require("flux"), "*.yaml")
                .Order(StringComparer.Ordinal)
                .SelectMany(f => YamlText.ParseAll(File.ReadAllText(f), f))
                .Select(d => (JsonObject)d.Root),
        ];

    /// <summary>A file as Flux's <c>install.yaml</c> is: a namespace, the kinds and a controller.</summary>
    public string FluxManifests() => WriteFluxManifests(_folder, FluxKinds());

    /// <summary>Writes a file as Flux's <c>install.yaml</c> is, with some kinds.</summary>
    internal static string WriteFluxManifests(TemporaryFolder folder, IEnumerable<JsonObject> kinds)
    {
        JsonObject[] others =
        [
            Namespace("flux-system"),
            (JsonObject)
                JsonNode.Parse(
                    """
                    {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"helm-controller","namespace":"flux-system"},
                     "spec":{"replicas":1,"selector":{"matchLabels":{"app":"helm-controller"}},"template":{"metadata":{"labels":{"app":"helm-controller"}},
                     "spec":{"containers":[{"name":"manager","image":"example.test/helm-controller:v1"}]}}}}
                    """
                )!,
        ];
        return folder.Write("install.yaml", string.Join("\n---\n", others.Concat(kinds).Select(o => o.ToJsonString())));
    }

    private static JsonObject Namespace(string name) =>
        new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Namespace",
            ["metadata"] = new JsonObject { ["name"] = name },
        };

    // The API server may be older than the rules in the kinds' schemas, and refuses what it does not know.
    private static JsonObject WithoutNewerRules(JsonObject item)
    {
        foreach (var (name, value) in item.ToList())
        {
            if (name is "x-kubernetes-validations")
            {
                item.Remove(name);
            }
            else if (value is JsonObject inner)
            {
                WithoutNewerRules(inner);
            }
            else if (value is JsonArray list)
            {
                list.OfType<JsonObject>().ToList().ForEach(i => WithoutNewerRules(i));
            }
        }

        return item;
    }
}
