using System.Collections.Concurrent;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using PlatformLocal.Core.Environments;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes;
using PlatformLocal.Platform.PlatformServices;
using PlatformLocal.Platform.PlatformServices.Installation;
using PlatformLocal.Platform.PlatformServices.Selection;
using PlatformLocal.Platform.Steps;

namespace PlatformLocal.Platform.Tests.PlatformServices;

/// <summary>What tests of the installation have in common: a run of its steps, and what the parts of a cluster do.</summary>
[Collection(nameof(ServicesServer))]
public abstract class ServiceStepsTests(ServicesServer server)
{
    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected ServicesServer Server => server;

    private protected async Task<Outcome> RunAsync(
        PlatformServiceSelection choice,
        TimeSpan? timeout = null,
        TimeSpan? patience = null,
        int oldest = 0,
        Action<string>? onReport = null,
        CancellationToken? stop = null
    )
    {
        var said = new ConcurrentQueue<string>();
        var ended = new ConcurrentQueue<string>();
        var runner = new StepRunner(
            new StepGraph(StepsOf(choice, timeout, patience, oldest).After()),
            TimeProvider.System,
            new StepRunnerOptions
            {
                OnEvent = e =>
                {
                    if (e.Kind == StepEventKind.Progress)
                    {
                        said.Enqueue(e.Message);
                        onReport?.Invoke(e.Message);
                    }
                    else if (e.Kind == StepEventKind.Done)
                    {
                        ended.Enqueue(e.Step);
                    }
                },
            }
        );
        try
        {
            await runner.RunAsync(stop ?? Token);
            return new Outcome([.. said], [.. ended], null);
        }
        catch (StepsFailedException e)
        {
            return new Outcome([.. said], [.. ended], e);
        }
    }

    private protected Task RemoveAsync(PlatformServiceSelection choice) => StepsOf(choice).RemoveAsync(_ => { }, Token);

    private protected PlatformServiceSteps StepsOf(
        PlatformServiceSelection choice,
        TimeSpan? timeout = null,
        TimeSpan? patience = null,
        int oldest = 0
    ) =>
        new PlatformServiceSteps(
            choice,
            _ => server.ConnectAsync(),
            new ServiceInstallationOptions
            {
                Interval = TimeSpan.FromMilliseconds(20),
                Timeout = timeout ?? TimeSpan.FromSeconds(20),
                Patience = patience ?? TimeSpan.FromMinutes(1),
                OldestKubernetes = oldest,
            }
        );

    private protected static PlatformServiceSelection Choose(
        string wish,
        string? fluxManifests = null,
        string delivery = DeliveryKinds.Flux,
        string? version = null
    ) =>
        PlatformServiceSelection.Of(
            wish,
            delivery,
            new PlatformServiceSettings
            {
                FluxManifests = fluxManifests,
                Changes = version is null
                    ? new Dictionary<string, PlatformServiceChange>()
                    : new Dictionary<string, PlatformServiceChange> { [wish] = new() { Version = version } },
            }
        );

    private protected static async Task RemoveFluxKindsAsync(KubernetesClient client)
    {
        foreach (var kind in ServicesServer.FluxKinds().Select(ObjectReference.Of))
        {
            await client.DeleteAsync(kind, null, Token);
            while (await client.FindAsync(kind, Token) is not null)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
            }
        }
    }

    // What is stored, and in which generation: a run that changes nothing leaves all of them.
    private protected static async Task<Dictionary<string, string?>> WrittenAsync(KubernetesClient client)
    {
        var all = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (
            var (apiVersion, kind) in new[]
            {
                ("helm.toolkit.fluxcd.io/v2", "HelmRelease"),
                ("source.toolkit.fluxcd.io/v1", "HelmRepository"),
                ("source.toolkit.fluxcd.io/v1", "OCIRepository"),
                ("apps/v1", "StatefulSet"),
                ("v1", "Secret"),
                ("v1", "ConfigMap"),
            }
        )
        {
            foreach (
                var item in (await client.ListAsync(apiVersion, kind, PlatformService.Namespace, null, Token)).Items
            )
            {
                all[$"{kind} {item.Metadata().Text("name")}"] =
                    item.Metadata().Number("generation")?.ToString() ?? item.ResourceVersion();
            }
        }

        return all;
    }

    private protected static async Task ReportElasticsearchAsync(KubernetesClient client, string phase, string health)
    {
        const string apiVersion = "elasticsearch.k8s.elastic.co/v1";
        if (await client.Resources.FindAsync(apiVersion, "Elasticsearch", Token) is null)
        {
            var kind = (JsonObject)
                JsonNode.Parse(
                    """
                    {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
                     "metadata":{"name":"elasticsearches.elasticsearch.k8s.elastic.co"},
                     "spec":{"group":"elasticsearch.k8s.elastic.co","scope":"Namespaced",
                     "names":{"kind":"Elasticsearch","plural":"elasticsearches","singular":"elasticsearch","listKind":"ElasticsearchList"},
                     "versions":[{"name":"v1","served":true,"storage":true,
                     "schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}}
                    """
                )!;
            await client.ApplyAsync(kind, new WriteOptions { Force = true }, Token);
            return;
        }

        await client.ApplyAsync(
            new JsonObject
            {
                ["apiVersion"] = apiVersion,
                ["kind"] = "Elasticsearch",
                ["metadata"] = new JsonObject { ["name"] = "es", ["namespace"] = PlatformService.Namespace },
                ["status"] = new JsonObject { ["phase"] = phase, ["health"] = health },
            },
            new WriteOptions { Force = true, FieldManager = "operator" },
            Token
        );
    }

    private protected static async Task WriteHelmAsync(
        KubernetesClient client,
        string release,
        int version,
        string status
    ) =>
        await client.CreateAsync(
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Secret",
                ["type"] = "helm.sh/release.v1",
                ["metadata"] = new JsonObject
                {
                    ["name"] = $"sh.helm.release.v1.{release}.v{version}",
                    ["namespace"] = PlatformService.Namespace,
                    ["labels"] = new JsonObject
                    {
                        ["owner"] = "helm",
                        ["name"] = release,
                        ["version"] = $"{version}",
                        ["status"] = status,
                    },
                },
            },
            null,
            Token
        );

    private protected static async Task<List<string>> HelmSecretsAsync(KubernetesClient client)
    {
        var secrets = await client.ListAsync(
            "v1",
            "Secret",
            PlatformService.Namespace,
            new ListOptions { LabelSelector = "owner=helm" },
            Token
        );
        return [.. secrets.Items.Select(s => s.Metadata().Text("name")!)];
    }

    // As a run that was killed leaves it: asked for, and the controller at work.
    private protected static async Task ApplyReleaseAsync(KubernetesClient client)
    {
        var chosen = Choose("monitoring").Services.Single();
        await client.ApplyAsync(
            PlatformLocal.Platform.PlatformServices.Flux.FluxObjects.Release(chosen, chosen.Service.Charts[0]),
            new WriteOptions { Force = true },
            Token
        );
    }

    private protected static async Task<Dictionary<string, string>> SecretAsync(KubernetesClient client, string name)
    {
        var secret = await client.GetAsync(new("v1", "Secret", PlatformService.Namespace, name), Token);
        return secret
            .Child("data")!
            .ToDictionary(
                d => d.Key,
                d => Encoding.UTF8.GetString(Convert.FromBase64String(d.Value!.GetValue<string>()))
            );
    }

    private protected static async Task WritePodWithoutImageAsync(KubernetesClient client)
    {
        var pod = (JsonObject)
            JsonNode.Parse(
                """
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"cedar-agent-1","namespace":"platform-system",
                 "labels":{"app.kubernetes.io/name":"cedar-agent"}},"spec":{"containers":[{"name":"cedar-agent","image":"example.test/a"}]}}
                """
            )!;
        var made = await client.CreateAsync(pod, null, Token);
        made["status"] = JsonNode.Parse(
            """
            {"phase":"Pending","containerStatuses":[{"name":"cedar-agent","image":"example.test/a","imageID":"","ready":false,
             "restartCount":0,"state":{"waiting":{"reason":"ImagePullBackOff","message":"no such image"}}}]}
            """
        );
        await client.ReplaceAsync(made, new WriteOptions { Subresource = "status" }, Token);
    }

    private protected static async Task ClaimVolumeAsync(KubernetesClient client, string owner)
    {
        var claim = (JsonObject)
            JsonNode.Parse(
                """
                {"apiVersion":"v1","kind":"PersistentVolumeClaim",
                 "spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}
                """
            )!;
        claim["metadata"] = new JsonObject
        {
            ["name"] = owner,
            ["namespace"] = PlatformService.Namespace,
            ["labels"] = new JsonObject { ["app.kubernetes.io/instance"] = owner },
        };
        await client.CreateAsync(claim, null, Token);
    }

    private protected static async Task FinalizeNamespaceAsync(KubernetesClient client, string name)
    {
        if (await client.FindAsync(new("v1", "Namespace", null, name), Token) is { } found && found.IsTerminating())
        {
            found["spec"] = new JsonObject { ["finalizers"] = new JsonArray() };
            await client.ReplaceAsync(found, new WriteOptions { Subresource = "finalize" }, Token);
        }
    }

    // The API server does not proxy to loopback addresses.
    private protected static async Task PublishAsync(
        KubernetesClient client,
        string name,
        int port,
        HealthServer target
    )
    {
        var address = NetworkInterface
            .GetAllNetworkInterfaces()
            .Where(n => n.OperationalStatus == OperationalStatus.Up)
            .SelectMany(n => n.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address)
            .FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a));
        Assert.SkipWhen(address is null, "this machine has no address but its loopback ones");
        foreach (
            string item in new[]
            {
                $$$"""{"apiVersion":"v1","kind":"Service","spec":{"ports":[{"name":"http","port":{{{port}}},"protocol":"TCP"}]}}""",
                """{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"server","image":"example.test/server"}]}}""",
                $$$"""
                    {"apiVersion":"v1","kind":"Endpoints","subsets":[{"ports":[{"name":"http","port":{{{target.Port}}},"protocol":"TCP"}],
                     "addresses":[{"ip":"{{{address}}}","targetRef":{"kind":"Pod","namespace":"platform-system","name":"{{{name}}}"}}]}]}
                    """,
            }
        )
        {
            var parsed = (JsonObject)JsonNode.Parse(item)!;
            parsed["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = PlatformService.Namespace };
            var made = await client.CreateAsync(parsed, null, Token);
            if (made.Text("kind") == "Pod")
            {
                // Without an own address of a pod the server does not proxy.
                made["status"] = JsonNode.Parse($$"""{"podIP":"{{address}}","podIPs":[{"ip":"{{address}}"}]}""");
                await client.ReplaceAsync(made, new WriteOptions { Subresource = "status" }, Token);
            }
        }
    }

    private protected sealed record Outcome(
        IReadOnlyList<string> Said,
        IReadOnlyList<string> Ended,
        StepsFailedException? Failure
    );
}
