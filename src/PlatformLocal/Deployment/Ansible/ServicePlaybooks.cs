using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Manifests;
using PlatformLocal.Deployment.Workspaces;

namespace PlatformLocal.Deployment.Ansible;

/// <summary>
/// Runs the playbooks of services: once all objects of a service are ready, and again only when the playbook's folder or
/// its variables have changed since the last success. A ConfigMap of the service remembers that and goes with the service.
/// </summary>
/// <param name="ansible">Runs playbooks.</param>
/// <param name="client">The cluster.</param>
/// <param name="cluster">The same cluster, as playbooks get it.</param>
public sealed class ServicePlaybooks(AnsiblePlaybooks ansible, KubernetesClient client, PlaybookCluster cluster)
{
    private const string FieldManager = "platform-playbook";

    /// <summary>The same delivery with the service's playbook at its end, when it has one.</summary>
    /// <param name="delivery">The service's delivery.</param>
    /// <param name="claim">The environment.</param>
    /// <param name="service">The service.</param>
    /// <param name="workspace">Where the service comes from.</param>
    /// <exception cref="InvalidDocumentException">The playbook does not exist or leads out of the service's folder.</exception>
    public ServiceDelivery Attach(ServiceDelivery delivery, Claim claim, ResolvedService service, Workspace workspace)
    {
        if (service.Definition.Playbook is null)
        {
            return delivery;
        }

        string playbook = FileOf(service.Definition);
        var variables = new JsonObject(
            ManifestVariables
                .For(claim, service, workspace)
                .OrderBy(v => v.Key, StringComparer.Ordinal)
                .Select(v => KeyValuePair.Create(v.Key, (JsonNode?)v.Value))
        );
        var memory = Memory(service.Definition.Name, claim.Namespace);
        string digest = DigestOf(service.Definition, playbook, variables);
        var run = new PlaybookRun
        {
            Playbook = playbook,
            Variables = variables,
            Cluster = cluster.Over(client),
            Timeout = delivery.Timeout,
        };
        return delivery with
        {
            Objects = [.. delivery.Objects, memory],
            AfterReady = (report, token) => RunAsync(run, memory, digest, report, token),
        };
    }

    private async Task RunAsync(
        PlaybookRun run,
        JsonObject memory,
        string digest,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        var last = await client.FindAsync(ObjectReference.Of(memory), cancellationToken);
        if (last.Child("data").Text("digest") == digest)
        {
            return;
        }

        report("runs its playbook");
        await ansible.RunAsync(run, task => report($"playbook: {task}"), cancellationToken);
        var done = (JsonObject)memory.DeepClone();
        done["data"] = new JsonObject { ["digest"] = digest };
        await client.ApplyAsync(
            done,
            new WriteOptions { FieldManager = FieldManager, Force = true },
            cancellationToken
        );
    }

    private static JsonObject Memory(string service, string targetNamespace) =>
        new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject { ["name"] = $"{service}-playbook", ["namespace"] = targetNamespace },
        };

    private static string FileOf(ServiceDefinition service)
    {
        string playbook =
            SafePath.Inside(FolderOf(service), service.Playbook!)
            ?? throw Refuse(service, $"'{service.Playbook}' leads out of the service's folder");
        return File.Exists(playbook) ? playbook : throw Refuse(service, $"the file {playbook} does not exist");
    }

    private static string FolderOf(ServiceDefinition service) => service.PlaybookFolder ?? service.Folder;

    /// <summary>Changes when a file of the playbook's folder does, or a variable.</summary>
    private static string DigestOf(ServiceDefinition service, string playbook, JsonObject variables)
    {
        string folder = Path.GetDirectoryName(playbook)!;
        var (files, fault) = ManifestFiles.Below(folder, FolderOf(service), "its", _ => true);
        if (fault is not null)
        {
            throw Refuse(service, fault);
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(variables.ToJsonString()));
        foreach (string file in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"\0{Path.GetRelativePath(folder, file)}\0"));
            hash.AppendData(File.ReadAllBytes(file));
        }

        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static InvalidDocumentException Refuse(ServiceDefinition service, string message) =>
        new(Path.Combine(service.Folder, "service.yaml"), [new Fault("spec.playbook", message)]);
}
