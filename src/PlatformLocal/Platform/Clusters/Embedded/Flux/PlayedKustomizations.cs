using System.Collections.Concurrent;
using PlatformLocal.Core.Documents;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Delivery.Flux;
using PlatformLocal.Deployment.Manifests;
using PlatformLocal.Kubernetes.Readiness;

namespace PlatformLocal.Platform.Clusters.Embedded.Flux;

/// <summary>A look that ended before it was done, as the kustomize-controller says it.</summary>
/// <param name="reason">In one word.</param>
/// <param name="message">In a sentence.</param>
internal sealed class PlayedFailure(string reason, string message) : Exception(message)
{
    public string Reason { get; } = reason;
}

/// <summary>Plays the kustomize-controller: what the source holds is really applied, looked at and pruned.</summary>
internal sealed class PlayedKustomizations(
    KubernetesClient client,
    PlayedSources sources,
    KubectlKustomize kustomize,
    TimeProvider time
)
{
    private const string Controller = FluxKinds.FieldManager;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(500);

    // When each was looked at last: what failed is tried again after a while, and not whenever another one changes.
    private readonly ConcurrentDictionary<string, long> _looks = new(StringComparer.Ordinal);

    /// <summary>Looks at a Kustomization.</summary>
    /// <param name="item">The Kustomization.</param>
    /// <param name="find">Finds what else there is, as it was told last.</param>
    /// <param name="cancellationToken">Breaks the look off: it was overtaken.</param>
    /// <returns>When it is to be looked at again by itself.</returns>
    public async Task<TimeSpan> LookAsync(
        JsonObject item,
        Func<string, string, JsonObject?> find,
        CancellationToken cancellationToken
    )
    {
        if (item.IsTerminating())
        {
            await FinishAsync(item, cancellationToken);
            return Timeout.InfiniteTimeSpan;
        }

        if (item.Child("spec").Flag("suspend") == true)
        {
            return Timeout.InfiniteTimeSpan;
        }

        if (!item.Metadata().Texts("finalizers").Contains(FluxKinds.Finalizer))
        {
            await WriteFinalizersAsync(item, f => [.. f, FluxKinds.Finalizer], cancellationToken);
        }

        string? revision = null;
        try
        {
            (revision, string folder) = SourceOf(item, find);
            RequireDependencies(item, revision, find);
            var rest = RestOf(item, revision);
            if (rest > TimeSpan.Zero)
            {
                return rest;
            }

            await WriteAsync(item, null, "Progressing", $"Reconciliation of {revision} in progress", revision, null);
            var objects = await ReadAsync(item, folder, cancellationToken);
            await RequireAccountAsync(item, cancellationToken);
            await ApplyAsync(item, objects, cancellationToken);
            ObjectReference[] applied = [.. objects.Select(ObjectReference.Of)];
            var before = PlayedInventory.Read(item);
            var inventory = PlayedInventory.Of(applied);
            if (item.Child("spec").Flag("prune") == true)
            {
                await PlayedInventory.PruneAsync(client, item, before.Except(applied), cancellationToken);
            }

            if (item.Child("spec").Flag("wait") == true)
            {
                await WaitAsync(item, applied, inventory, cancellationToken);
            }

            await WriteAsync(
                item,
                true,
                "ReconciliationSucceeded",
                $"Applied revision: {revision}",
                revision,
                inventory,
                isApplied: true
            );
            return Interval(item);
        }
        catch (PlayedFailure failure)
        {
            await WriteAsync(item, false, failure.Reason, failure.Message, revision, null);
            return failure.Reason is "DependencyNotReady" or "ArtifactFailed"
                ? Timeout.InfiniteTimeSpan // a change of what it waits for wakes it
                : DurationOf(item, "retryInterval") ?? Interval(item);
        }
        catch (PlatformException failure)
        {
            await WriteAsync(item, false, "ReconciliationFailed", failure.Message, revision, null);
            return DurationOf(item, "retryInterval") ?? Interval(item);
        }

        Task WriteAsync(
            JsonObject about,
            bool? isReady,
            string reason,
            string message,
            string? attempted,
            JsonObject? inventory,
            bool isApplied = false
        )
        {
            if (isReady is not null)
            {
                _looks[about.Uid() ?? ""] = time.GetTimestamp();
            }

            var status = PlayedStatus.Of(about, isReady, reason, message, time.GetUtcNow());
            if (attempted is not null && reason != "DependencyNotReady")
            {
                status["lastAttemptedRevision"] = attempted;
            }

            if (isApplied)
            {
                status["lastAppliedRevision"] = attempted;
            }

            if (inventory is not null)
            {
                status["inventory"] = inventory;
            }

            return PlayedStatus.WriteAsync(client, about, status, Controller, cancellationToken);
        }
    }

    /// <summary>How long there is nothing to do about what was seen and attempted already; zero when there is.</summary>
    private TimeSpan RestOf(JsonObject item, string revision)
    {
        string? reason = PlayedStatus.ReasonOf(item);
        if (
            !PlayedStatus.IsSeen(item)
            || item.Child("status").Text("lastAttemptedRevision") != revision
            || reason is "DependencyNotReady" or "ArtifactFailed" or "Progressing"
        )
        {
            return TimeSpan.Zero;
        }

        long last = _looks.GetOrAdd(item.Uid() ?? "", _ => time.GetTimestamp());
        var period =
            reason == "ReconciliationSucceeded" ? Interval(item) : DurationOf(item, "retryInterval") ?? Interval(item);
        return period - time.GetElapsedTime(last);
    }

    private (string Revision, string Folder) SourceOf(JsonObject item, Func<string, string, JsonObject?> find)
    {
        var reference = item.Child("spec").Child("sourceRef");
        string kind = reference.Text("kind") ?? "";
        string name = reference.Text("name") ?? "";
        if (kind != FluxKinds.OciRepository)
        {
            throw new PlayedFailure(
                "ArtifactFailed",
                $"the content of a {kind} is not played, that of an OCIRepository is"
            );
        }

        return
            find(kind, name) is { } source
            && source.Child("status").Child("artifact").Text("revision") is { } revision
            && sources.FolderOf(source) is { } folder
            ? (revision, folder)
            : throw new PlayedFailure(
                "ArtifactFailed",
                $"Source artifact not found, retrying when {kind} '{name}' has one"
            );
    }

    private static void RequireDependencies(JsonObject item, string revision, Func<string, string, JsonObject?> find)
    {
        string place = item.Metadata().Text("namespace") ?? "";
        string? source = item.Child("spec").Child("sourceRef").Text("name");
        foreach (string name in item.Child("spec").Items("dependsOn").Select(d => d.Text("name")).OfType<string>())
        {
            string what = $"dependency '{place}/{name}'";
            if (find(FluxKinds.Kustomization, name) is not { } dependency)
            {
                throw new PlayedFailure("DependencyNotReady", $"{what} is not found");
            }

            if (
                dependency.Condition("Ready").Text("status") != "True"
                || dependency.Child("status").Number("observedGeneration") != dependency.Metadata().Number("generation")
            )
            {
                throw new PlayedFailure("DependencyNotReady", $"{what} is not ready");
            }

            if (
                dependency.Child("spec").Child("sourceRef").Text("name") == source
                && dependency.Child("status").Text("lastAppliedRevision") != revision
            )
            {
                throw new PlayedFailure("DependencyNotReady", $"{what} revision is not up to date");
            }
        }
    }

    private async Task<IReadOnlyList<JsonObject>> ReadAsync(
        JsonObject item,
        string root,
        CancellationToken cancellationToken
    )
    {
        string path = item.Child("spec").Text("path") ?? "./";
        string folder = Path.GetFullPath(Path.Combine(root, path.TrimStart('/')));
        if (!folder.StartsWith(Path.GetFullPath(root), StringComparison.Ordinal) || !Directory.Exists(folder))
        {
            throw new PlayedFailure("ArtifactFailed", $"kustomization path not found: {path}");
        }

        try
        {
            string[] texts = File.Exists(Path.Combine(folder, "kustomization.yaml"))
                ? [await kustomize.BuildAsync(folder, cancellationToken)]
                :
                [
                    .. Directory
                        .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                        .Where(f => Path.GetExtension(f) is ".yaml" or ".yml")
                        .Order(StringComparer.Ordinal)
                        .Select(File.ReadAllText),
                ];
            JsonObject[] objects =
            [
                .. texts.SelectMany(text => YamlText.ParseAll(text, path)).Select(d => d.Root.AsObject()),
            ];
            foreach (var found in objects)
            {
                var metadata = found.Metadata() ?? throw new PlayedFailure("BuildFailed", "an object has no metadata");
                var labels = metadata.Child("labels") ?? [];
                metadata["labels"] ??= labels;
                labels[FluxKinds.OwnerName] = item.Metadata().Text("name");
                labels[FluxKinds.OwnerNamespace] = item.Metadata().Text("namespace");
            }

            return objects;
        }
        catch (PlatformException e)
        {
            throw new PlayedFailure("BuildFailed", e.Message);
        }
    }

    private async Task RequireAccountAsync(JsonObject item, CancellationToken cancellationToken)
    {
        if (
            item.Child("spec").Text("serviceAccountName") is { } account
            && await client.FindAsync(
                new ObjectReference("v1", "ServiceAccount", item.Metadata().Text("namespace"), account),
                cancellationToken
            )
                is null
        )
        {
            throw new PlayedFailure("ReconciliationFailed", $"the service account '{account}' is not there");
        }
    }

    private async Task ApplyAsync(
        JsonObject item,
        IReadOnlyList<JsonObject> objects,
        CancellationToken cancellationToken
    )
    {
        foreach (var found in objects.OrderBy(o => o.Text("kind") is "CustomResourceDefinition" or "Namespace" ? 0 : 1))
        {
            var reference = ObjectReference.Of(found);
            try
            {
                await SendAsync();
            }
            catch (KubernetesException fault) when (IsForced(found) && (fault.IsInvalid || fault.IsConflict))
            {
                await client.DeleteAsync(reference, null, cancellationToken);
                while (await client.FindAsync(reference, cancellationToken) is not null)
                {
                    await Task.Delay(s_pause, time, cancellationToken);
                }

                await SendAsync();
            }

            Task SendAsync() =>
                client.ApplyAsync(
                    found,
                    new WriteOptions { FieldManager = Controller, Force = true },
                    cancellationToken
                );
        }

        bool IsForced(JsonObject found) =>
            item.Child("spec").Flag("force") == true || found.Annotation(DeliveryLabels.FluxForce) == "enabled";
    }

    private async Task WaitAsync(
        JsonObject item,
        ObjectReference[] applied,
        JsonObject inventory,
        CancellationToken cancellationToken
    )
    {
        var timeout = DurationOf(item, "timeout") ?? Interval(item);
        long began = time.GetTimestamp();
        var pause = s_pause;
        while (true)
        {
            var unready = new List<string>();
            foreach (var reference in applied)
            {
                var live = await client.FindAsync(reference, cancellationToken);
                var readiness = live is null ? ObjectReadiness.InProgress("is not there") : ReadinessRules.Of(live);
                if (!readiness.IsCurrent)
                {
                    unready.Add(
                        $"{reference.Kind}/{reference.Namespace}/{reference.Name} status: '{readiness.Status}'"
                    );
                }
            }

            if (unready.Count == 0)
            {
                return;
            }

            if (time.GetElapsedTime(began) >= timeout)
            {
                await PlayedStatus.WriteAsync(
                    client,
                    item,
                    new JsonObject { ["inventory"] = inventory },
                    Controller,
                    cancellationToken
                );
                throw new PlayedFailure(
                    "HealthCheckFailed",
                    $"health check failed after {timeout.TotalSeconds:0} s: timeout waiting for: [{string.Join(", ", unready)}]"
                );
            }

            await Task.Delay(pause, time, cancellationToken);
            pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
        }
    }

    private async Task FinishAsync(JsonObject item, CancellationToken cancellationToken)
    {
        if (!item.Metadata().Texts("finalizers").Contains(FluxKinds.Finalizer))
        {
            return;
        }

        var spec = item.Child("spec");
        bool isPruned = spec.Text("deletionPolicy") switch
        {
            "Orphan" => false,
            "Delete" or "WaitForTermination" => true,
            _ => spec.Flag("prune") == true,
        };
        if (isPruned && spec.Flag("suspend") != true)
        {
            await PlayedInventory.PruneAsync(client, item, PlayedInventory.Read(item), cancellationToken);
        }

        await WriteFinalizersAsync(item, f => f.Where(n => n != FluxKinds.Finalizer), cancellationToken);
    }

    private async Task WriteFinalizersAsync(
        JsonObject item,
        Func<IEnumerable<string>, IEnumerable<string>> change,
        CancellationToken cancellationToken
    )
    {
        var names = change(item.Metadata().Texts("finalizers")).Select(n => (JsonNode)n);
        try
        {
            await client.PatchAsync(
                ObjectReference.Of(item),
                PatchKind.Merge,
                new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = new JsonArray([.. names]) } },
                new WriteOptions { FieldManager = Controller },
                cancellationToken
            );
        }
        catch (KubernetesException gone) when (gone.IsNotFound)
        {
            // Nothing is left to finish.
        }
    }

    private static TimeSpan Interval(JsonObject item) => DurationOf(item, "interval") ?? TimeSpan.FromMinutes(10);

    private static TimeSpan? DurationOf(JsonObject item, string field) =>
        item.Child("spec").Text(field) is { Length: > 1 } text
        && double.TryParse(text[..^1], System.Globalization.CultureInfo.InvariantCulture, out double number)
            ? text[^1] switch
            {
                's' => TimeSpan.FromSeconds(number),
                'm' => TimeSpan.FromMinutes(number),
                'h' => TimeSpan.FromHours(number),
                _ => null,
            }
            : null;
}
