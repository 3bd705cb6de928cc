using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using PlatformLocal.Kubernetes;
using PlatformLocal.Platform.PlatformServices;

namespace PlatformLocal.Platform.Tests.PlatformServices;

/// <summary>
/// Plays the controllers of a cluster that has none: Flux's helm-controller writes the status of releases, workloads
/// become ready. Each release goes through the statuses of its script, one at a look, and stays with the last one.
/// </summary>
internal sealed class FluxDriver : IAsyncDisposable
{
    private readonly KubernetesClient _client;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;
    private readonly ConcurrentDictionary<string, int> _looks = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _began = new();

    public FluxDriver(KubernetesClient client)
    {
        _client = client;
        _run = Task.Run(RunAsync);
    }

    /// <summary>What a release's status becomes; all others become ready after the controller took note of them.</summary>
    public ConcurrentDictionary<string, Func<JsonObject, int, JsonObject?>> Scripts { get; } =
        new(StringComparer.Ordinal);

    /// <summary>The releases in the order in which the controller first saw them.</summary>
    public IReadOnlyCollection<string> Began => _began;

    /// <summary>Whether workloads become ready by the driver.</summary>
    /// <value>On unless set: a bare API server has nobody else for that.</value>
    public bool PlaysWorkloads { get; init; } = true;

    /// <summary>What is done besides, at each look.</summary>
    public Func<Task>? Besides { get; set; }

    public static JsonObject Ready(JsonObject release) =>
        Status(release, "True", "InstallSucceeded", "Helm install succeeded");

    public static JsonObject Failing(JsonObject release, string reason, string message, int failures = 0)
    {
        var status = Status(release, "False", reason, message);
        status["installFailures"] = failures;
        return status;
    }

    public static JsonObject Stalled(JsonObject release, string reason, string message)
    {
        var status = Status(release, "False", reason, message);
        status["conditions"]!.AsArray().Add(Condition("Stalled", "True", reason, message, Generation(release)));
        return status;
    }

    /// <summary>The status of the generation before, while the controller is at work.</summary>
    public static JsonObject Lagging(JsonObject release)
    {
        var status = Status(release, "True", "InstallSucceeded", "Helm install succeeded");
        status["observedGeneration"] = Generation(release) - 1;
        foreach (var condition in status["conditions"]!.AsArray())
        {
            condition!["observedGeneration"] = Generation(release) - 1;
        }

        return status;
    }

    public static JsonObject Status(JsonObject release, string isReady, string reason, string message)
    {
        var status = new JsonObject
        {
            ["observedGeneration"] = Generation(release),
            ["conditions"] = new JsonArray(Condition("Ready", isReady, reason, message, Generation(release))),
        };
        if (release.Annotation("reconcile.fluxcd.io/requestedAt") is { } request)
        {
            status["lastHandledReconcileAt"] = request;
        }

        return status;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _stop.Dispose();
    }

    private static long Generation(JsonObject item) => item.Metadata().Number("generation") ?? 1;

    private static JsonObject Condition(string type, string status, string reason, string message, long generation) =>
        new()
        {
            ["type"] = type,
            ["status"] = status,
            ["reason"] = reason,
            ["message"] = message,
            ["observedGeneration"] = generation,
            ["lastTransitionTime"] = "2026-01-01T00:00:00Z",
        };

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await LookAsync(_stop.Token);
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, _stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (KubernetesException e) when (e.IsNotFound || e.IsConflict)
            {
                // Somebody changed or removed it since the look: the next look sees that.
            }
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        if (Besides is { } besides)
        {
            await besides();
        }

        foreach (var release in await ListAsync("helm.toolkit.fluxcd.io/v2", "HelmRelease", PlatformService.Namespace))
        {
            string name = release.Metadata().Text("name")!;
            int look = _looks.AddOrUpdate(name, 0, (_, n) => n + 1);
            if (look == 0)
            {
                _began.Enqueue(name);
            }

            var status =
                Scripts.TryGetValue(name, out var script) ? script(release, look)
                : look == 0 ? Lagging(release)
                : Ready(release);
            if (status is not null)
            {
                await WriteAsync(release, status, cancellationToken);
            }
        }

        foreach (string target in PlaysWorkloads ? [PlatformService.Namespace, "flux-system"] : Array.Empty<string>())
        {
            foreach (string kind in new[] { "Deployment", "StatefulSet" })
            {
                foreach (var workload in await ListAsync("apps/v1", kind, target))
                {
                    await WriteAsync(workload, RunningStatus(workload), cancellationToken);
                }
            }
        }
    }

    private async Task<IReadOnlyList<JsonObject>> ListAsync(string apiVersion, string kind, string target)
    {
        if (await _client.Resources.FindAsync(apiVersion, kind, _stop.Token) is null)
        {
            return [];
        }

        var list = await _client.ListAsync(apiVersion, kind, target, null, _stop.Token);
        foreach (var item in list.Items)
        {
            item["apiVersion"] = apiVersion;
            item["kind"] = kind;
        }

        return list.Items;
    }

    private async Task WriteAsync(JsonObject item, JsonObject status, CancellationToken cancellationToken)
    {
        if (!JsonNode.DeepEquals(item["status"], status))
        {
            item["status"] = status;
            await _client.ReplaceAsync(item, new WriteOptions { Subresource = "status" }, cancellationToken);
        }
    }

    private static JsonObject RunningStatus(JsonObject workload) =>
        workload.Text("kind") == "Deployment"
            ? new JsonObject
            {
                ["observedGeneration"] = Generation(workload),
                ["replicas"] = 1,
                ["updatedReplicas"] = 1,
                ["readyReplicas"] = 1,
                ["availableReplicas"] = 1,
                ["conditions"] = new JsonArray(
                    new JsonObject
                    {
                        ["type"] = "Available",
                        ["status"] = "True",
                        ["lastTransitionTime"] = "2026-01-01T00:00:00Z",
                        ["lastUpdateTime"] = "2026-01-01T00:00:00Z",
                    },
                    new JsonObject
                    {
                        ["type"] = "Progressing",
                        ["status"] = "True",
                        ["reason"] = "NewReplicaSetAvailable",
                        ["lastTransitionTime"] = "2026-01-01T00:00:00Z",
                        ["lastUpdateTime"] = "2026-01-01T00:00:00Z",
                    }
                ),
            }
            : new JsonObject
            {
                ["observedGeneration"] = Generation(workload),
                ["replicas"] = 1,
                ["readyReplicas"] = 1,
                ["currentReplicas"] = 1,
                ["updatedReplicas"] = 1,
                ["currentRevision"] = "a",
                ["updateRevision"] = "a",
            };
}
