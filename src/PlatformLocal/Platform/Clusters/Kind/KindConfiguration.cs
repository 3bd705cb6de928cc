using PlatformLocal.Core.Documents;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Platform.Clusters.Kind;

/// <summary>The whole configuration that kind is given, made of a file and what the platform adds.</summary>
internal sealed class KindConfiguration(JsonObject document)
{
    private static readonly string[] s_builtIn = [KindDefaults.Configuration, "node-pools"];

    /// <summary>A configuration as it is remembered: a built-in name, or a path that means the same everywhere.</summary>
    public static string Remembered(string nameOrPath) =>
        s_builtIn.Contains(nameOrPath, StringComparer.Ordinal) ? nameOrPath : CanonicalPath.Of(nameOrPath);

    /// <summary>How many nodes the cluster has.</summary>
    public int Nodes => ArrayOf(document, "nodes").Count;

    /// <summary>What kind reads: JSON is YAML too.</summary>
    public string Text => document.ToJsonString();

    /// <summary>The configuration with its fields sorted, to remember and to compare.</summary>
    public string Canonical => Sort(document)!.ToJsonString();

    /// <exception cref="PlatformException">The file is missing or no cluster configuration of kind.</exception>
    public static KindConfiguration Of(KindClusterSpec spec)
    {
        var document = Read(spec.Configuration);
        string cluster = KindClusterName.Of(spec.Platform);
        document["name"] = cluster;
        AddCertificateNames(document, cluster, spec.CertificateNames);
        var nodes = ArrayOf(document, "nodes");
        if (nodes.Count == 0)
        {
            nodes.Add((JsonNode)new JsonObject { ["role"] = "control-plane" });
        }

        foreach (var node in nodes.OfType<JsonObject>().Where(_ => spec.NodeImage is not null))
        {
            node["image"] = spec.NodeImage;
        }

        AddPorts(nodes, spec.Ports);
        return new KindConfiguration(document);
    }

    /// <summary>What differs from a configuration that was remembered, one line for each field.</summary>
    public IReadOnlyList<string> DifferencesFrom(string canonical)
    {
        var lines = new List<string>();
        Compare("", JsonNode.Parse(canonical), Sort(document), lines);
        return lines;
    }

    private static JsonObject Read(string nameOrPath)
    {
        string text;
        if (s_builtIn.Contains(nameOrPath, StringComparer.Ordinal))
        {
            text = EmbeddedFiles.Read($"kind/{nameOrPath}.yaml");
        }
        else if (File.Exists(nameOrPath))
        {
            text = File.ReadAllText(nameOrPath);
        }
        else
        {
            throw new PlatformException(
                FailureKind.InvalidInput,
                $"There is no Kind configuration '{nameOrPath}'.",
                $"Name a file, or one of: {string.Join(", ", s_builtIn)}."
            );
        }

        var document = YamlText.ParseObject(text, nameOrPath);
        return document.Text("kind") == "Cluster" && document.Text("apiVersion") == "kind.x-k8s.io/v1alpha4"
            ? document
            : throw new InvalidDocumentException(
                nameOrPath,
                [new Fault("apiVersion", "must be kind.x-k8s.io/v1alpha4, with kind: Cluster")]
            );
    }

    /// <remarks>
    /// A patch replaces the whole list, so what kind itself sets is repeated: the address the API server listens on and
    /// <c>localhost</c>. kubeadm adds node name, node address and service names. A list in a patch of the file is replaced
    /// too: such names belong into the spec.
    /// </remarks>
    private static void AddCertificateNames(JsonObject document, string cluster, IReadOnlyList<string> further)
    {
        string address = document.Child("networking").Text("apiServerAddress") ?? "127.0.0.1";
        string node = KindClusterName.ControlPlaneOf(cluster);
        string[] names = ["localhost", "127.0.0.1", address, node, "host.docker.internal", .. further];
        var patch = new JsonObject
        {
            ["kind"] = "ClusterConfiguration",
            ["apiServer"] = new JsonObject
            {
                ["certSANs"] = new JsonArray([.. names.Distinct().Select(n => JsonValue.Create(n))]),
            },
        };
        ArrayOf(document, "kubeadmConfigPatches").Add((JsonNode)patch.ToJsonString());
    }

    private static void AddPorts(JsonArray nodes, IReadOnlyList<KindPort> ports)
    {
        if (ports.Count == 0 || nodes[0] is not JsonObject first)
        {
            return;
        }

        var mappings = ArrayOf(first, "extraPortMappings");
        foreach (var port in ports)
        {
            mappings.Add(
                (JsonNode)
                    new JsonObject
                    {
                        ["containerPort"] = port.ContainerPort,
                        ["hostPort"] = port.HostPort,
                        ["listenAddress"] = port.ListenAddress,
                    }
            );
        }
    }

    private static JsonArray ArrayOf(JsonObject parent, string field)
    {
        if (parent[field] is not JsonArray array)
        {
            parent[field] = array = [];
        }

        return array;
    }

    private static JsonNode? Sort(JsonNode? node) =>
        node switch
        {
            JsonObject map => new JsonObject(
                map.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => KeyValuePair.Create(f.Key, Sort(f.Value)))
            ),
            JsonArray list => new JsonArray([.. list.Select(Sort)]),
            _ => node?.DeepClone(),
        };

    private static void Compare(string path, JsonNode? before, JsonNode? now, List<string> lines)
    {
        if (before is JsonObject oldMap && now is JsonObject newMap)
        {
            foreach (string key in oldMap.Select(f => f.Key).Union(newMap.Select(f => f.Key), StringComparer.Ordinal))
            {
                Compare(path.Length == 0 ? key : $"{path}.{key}", oldMap[key], newMap[key], lines);
            }
        }
        else if (before is JsonArray oldList && now is JsonArray newList)
        {
            for (int i = 0; i < Math.Max(oldList.Count, newList.Count); i++)
            {
                Compare(
                    $"{path}[{i}]",
                    i < oldList.Count ? oldList[i] : null,
                    i < newList.Count ? newList[i] : null,
                    lines
                );
            }
        }
        else if (!JsonNode.DeepEquals(before, now))
        {
            lines.Add($"{path}: {Shown(before)} is wanted to be {Shown(now)}");
        }
    }

    private static string Shown(JsonNode? node) => node?.ToJsonString() ?? "absent";
}
