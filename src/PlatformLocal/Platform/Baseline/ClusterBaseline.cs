using PlatformLocal.Deployment.Ansible;
using PlatformLocal.Platform.Steps;

namespace PlatformLocal.Platform.Baseline;

/// <summary>
/// What a cluster has before anything else: the system namespaces with their network policies, and roles for people. Ansible
/// makes it where it is installed, otherwise the platform's own client does, of the same files and as the same field manager.
/// </summary>
/// <param name="connect">Opens a client of the cluster.</param>
/// <param name="ansible">Runs playbooks; <see langword="null"/> never to use Ansible.</param>
/// <param name="cluster">The cluster as Ansible gets it.</param>
/// <param name="time">The clock of waits.</param>
internal sealed class ClusterBaseline(
    Func<CancellationToken, Task<KubernetesClient>> connect,
    AnsiblePlaybooks? ansible,
    PlaybookCluster cluster,
    TimeProvider time
)
{
    /// <summary>The field manager of the baseline's objects, whoever applies them.</summary>
    internal const string FieldManager = "platform-baseline";

    private const string PartOf = "app.kubernetes.io/part-of";
    private const string Flux = "flux-system";

    private static readonly TimeSpan s_removal = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(200);

    public Step Step(params string[] dependsOn) =>
        new()
        {
            Name = "baseline",
            DependsOn = dependsOn,
            RunAsync = (context, token) => EnsureAsync(context.Report, token),
        };

    /// <summary>Makes sure that the baseline is there.</summary>
    /// <returns>How many objects or tasks changed something.</returns>
    /// <exception cref="PlatformException">The cluster refuses, a namespace of the name is somebody else's, or the playbook failed.</exception>
    public async Task<int> EnsureAsync(Action<string> report, CancellationToken cancellationToken)
    {
        using var client = await connect(cancellationToken);
        var namespaces = await NamespacesAsync(client, report, cancellationToken);
        if (await IsThereAsync(client, namespaces, cancellationToken))
        {
            return 0;
        }

        if (ansible is not null && AnsiblePlaybooks.IsInstalled)
        {
            try
            {
                return (await RunPlaybookAsync(client, namespaces, report, cancellationToken)).Changed;
            }
            catch (PlaybookException fault) when (fault.IsNotInstalled)
            {
                report($"Ansible lacks a part ({fault.Message}); the platform applies the same objects itself");
            }
        }
        else if (ansible is not null)
        {
            report("Ansible is not installed; the platform applies the same objects itself");
        }

        return await ApplyAsync(client, namespaces, cancellationToken);
    }

    /// <summary>Whether every object of the baseline is in the cluster as it should be.</summary>
    /// <exception cref="PlatformException">The cluster cannot be asked.</exception>
    public async Task<bool> IsThereAsync(CancellationToken cancellationToken)
    {
        using var client = await connect(cancellationToken);
        var namespaces = await NamespacesAsync(client, _ => { }, cancellationToken);
        return await IsThereAsync(client, namespaces, cancellationToken);
    }

    /// <summary>Removes the system namespaces with all that is in them, and the roles; what somebody else made stays.</summary>
    /// <exception cref="PlatformException">The cluster refuses, or something is not gone in time.</exception>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        using var client = await connect(cancellationToken);
        var references = BaselineFiles
            .Roles()
            .Concat(new[] { "platform-system", Flux }.SelectMany(n => BaselineFiles.OfNamespace(n).Take(1)))
            .Select(ObjectReference.Of)
            .ToList();
        var ours = new List<ObjectReference>();
        foreach (var reference in references)
        {
            if (await client.FindAsync(reference, cancellationToken) is { } found && IsOurs(found))
            {
                await client.DeleteAsync(reference, null, cancellationToken);
                ours.Add(reference);
            }
        }

        ObjectReference? left = null;
        var poll = new Poll("the baseline to go", s_interval, s_removal, time)
        {
            Failure = name => new PlatformException(
                FailureKind.NotReadyInTime,
                $"{name} is not gone after {s_removal.TotalSeconds:0} s.",
                left is { } kept ? $"See what keeps it: {kept.Kubectl("get", "-o", "yaml")}" : null
            ),
        };
        await poll.UntilAsync(
            async token =>
            {
                while (ours.Count > 0 && await client.FindAsync(ours[0], token) is null)
                {
                    ours.RemoveAt(0);
                }

                left = ours.Count > 0 ? ours[0] : null;
                return left?.ToString();
            },
            cancellationToken
        );
    }

    /// <summary>Applies the baseline with the platform's own client.</summary>
    internal static async Task<int> ApplyAsync(
        KubernetesClient client,
        IReadOnlyList<string> namespaces,
        CancellationToken cancellationToken
    )
    {
        int changed = 0;
        var objects = ObjectsOf(namespaces);
        // What is in a namespace can only come after it.
        foreach (var wave in objects.GroupBy(o => o.Text("kind") != "Namespace").OrderBy(g => g.Key))
        {
            var results = await Task.WhenAll(
                wave.Select(async item =>
                {
                    var before = await client.FindAsync(ObjectReference.Of(item), cancellationToken);
                    var applied = await client.ApplyAsync(
                        item,
                        new WriteOptions { FieldManager = FieldManager, Force = true },
                        cancellationToken
                    );
                    return applied.Item.ResourceVersion() != before.ResourceVersion();
                })
            );
            changed += results.Count(isChanged => isChanged);
        }

        return changed;
    }

    private async Task<PlaybookResult> RunPlaybookAsync(
        KubernetesClient client,
        IReadOnlyList<string> namespaces,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        string folder = Directory.CreateTempSubdirectory("platform-local-baseline-").FullName;
        try
        {
            BaselineFiles.WriteTo(folder);
            return await ansible!.RunAsync(
                new PlaybookRun
                {
                    Playbook = Path.Combine(folder, "playbooks", "cluster-baseline.yml"),
                    Variables = new JsonObject
                    {
                        ["namespaces"] = new JsonArray([.. namespaces.Select(n => (JsonNode?)n)]),
                    },
                    Cluster = cluster.Over(client),
                },
                task => report($"Ansible: {task}"),
                cancellationToken
            );
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The namespaces to make: a Flux that somebody else installed keeps its own.</summary>
    private static async Task<IReadOnlyList<string>> NamespacesAsync(
        KubernetesClient client,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        var platform = new ObjectReference("v1", "Namespace", null, "platform-system");
        if (await client.FindAsync(platform, cancellationToken) is { } found && !IsOurs(found))
        {
            throw new PlatformException(
                FailureKind.Conflict,
                "The cluster has a namespace platform-system already, and the platform did not make it.",
                $"Remove it, or give it to the platform: {ShellCommand.Kubectl(null, "label", "namespace", "platform-system", $"{PartOf}=platform-baseline")}"
            );
        }

        var flux = await client.FindAsync(platform with { Name = Flux }, cancellationToken);
        if (flux is null || IsOurs(flux))
        {
            return ["platform-system", Flux];
        }

        report($"The namespace {Flux} is somebody else's: it stays as it is");
        return ["platform-system"];
    }

    private static async Task<bool> IsThereAsync(
        KubernetesClient client,
        IReadOnlyList<string> namespaces,
        CancellationToken cancellationToken
    )
    {
        var found = await Task.WhenAll(
            ObjectsOf(namespaces)
                .Select(async item => Has(await client.FindAsync(ObjectReference.Of(item), cancellationToken), item))
        );
        return found.All(isThere => isThere);
    }

    private static IReadOnlyList<JsonObject> ObjectsOf(IEnumerable<string> namespaces) =>
        [.. namespaces.SelectMany(BaselineFiles.OfNamespace), .. BaselineFiles.Roles()];

    private static bool IsOurs(JsonObject item) => item.Label(PartOf) == "platform-baseline";

    /// <summary>Whether an object has every field that it should have; the server adds more of its own.</summary>
    private static bool Has(JsonNode? actual, JsonNode? wanted) =>
        (actual, wanted) switch
        {
            (JsonObject there, JsonObject fields) => fields.All(f =>
                Has(there[f.Key], f.Value)
                || (there[f.Key] is null && f.Value is JsonObject or JsonArray && IsEmpty(f.Value))
            ),
            (JsonArray there, JsonArray items) => there.Count == items.Count
                && items.Zip(there).All(pair => Has(pair.Second, pair.First)),
            _ => JsonNode.DeepEquals(actual, wanted),
        };

    private static bool IsEmpty(JsonNode? node) => node is JsonObject { Count: 0 } or JsonArray { Count: 0 };
}
