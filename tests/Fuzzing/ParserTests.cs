using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EmbeddedKubernetes.Faults;
using EmbeddedKubernetes.Json;
using EmbeddedKubernetes.Patching;
using EmbeddedKubernetes.Protobuf;
using EmbeddedKubernetes.Resources;
using EmbeddedKubernetes.Selectors;
using EmbeddedKubernetes.Storage;
using PlatformLocal.Core;
using PlatformLocal.Core.Documents;
using PlatformLocal.Core.Environments;
using PlatformLocal.Core.Resolution;
using PlatformLocal.Core.Versions;
using PlatformLocal.Deployment.Manifests;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes.Configuration;
using PlatformLocal.Testing;

namespace PlatformLocal.Fuzzing;

/// <summary>Whatever text comes, a parser gives a value or throws what it declares.</summary>
public sealed class ParserTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Parsers =>
        [
            "claim",
            "yaml",
            "service",
            "platform",
            "catalogue",
            "version",
            "constraint",
            "substitution",
            "kubeconfig",
            "lock",
            "body",
            "json patch",
            "merge patch",
            "labels",
            "fields",
            "json path",
            "protobuf",
            "journal",
        ];

    [Theory]
    [MemberData(nameof(Parsers))]
    public Task A_parser_throws_only_what_it_declares(string parser)
    {
        var (seeds, parse) = Of(parser);
        return Inputs.TryAsync(
            seeds,
            Inputs.Share(Parsers.Count * 2),
            (input, _) =>
            {
                try
                {
                    parse(input);
                }
                catch (Exception e) when (e is PlatformException or FormatException or PatchException or ApiException)
                {
                    // That is how it says what is wrong.
                }
                catch (JsonException) when (parser is "body" or "json patch" or "merge patch")
                {
                    // Declared there.
                }
                catch (Exception e)
                {
                    return Task.FromResult<string?>(Inputs.KindOf(e));
                }

                return Task.FromResult<string?>(null);
            }
        );
    }

    private (IReadOnlyList<byte[]> Seeds, Action<byte[]> Parse) Of(string parser)
    {
        const string file = "fuzz";
        return parser switch
        {
            "claim" => (
                Inputs.Seeds("claim.json"),
                i => ClaimReader.Read(JsonText.ParseObject(i, file), EnvironmentTypes.BuiltIn, file)
            ),
            "yaml" => (
                Inputs.Seeds("manifest.yaml", "service.yaml", "pod.json", "merge-keys.yaml"),
                i =>
                {
                    foreach (var document in YamlText.ParseAll(Text(i), file))
                    {
                        document.Root.ToJsonString();
                    }
                }
            ),
            "service" => (Inputs.Seeds("service.yaml"), i => WorkspaceReader.ParseService(Text(i), file, _folder.Path)),
            "platform" => (
                Inputs.Seeds("platform.yaml"),
                i =>
                {
                    Write("platform.yaml", i);
                    WorkspaceReader.Read(_folder.Path);
                }
            ),
            "catalogue" => (
                Inputs.Seeds("catalogue.yaml"),
                i =>
                {
                    Write("platform.yaml", Inputs.Seeds("platform.yaml")[0]);
                    Write("catalogue.yaml", i);
                    WorkspaceReader.Read(_folder.Path);
                }
            ),
            "version" => (
                Inputs.Seeds("versions.txt"),
                i =>
                {
                    var version = PlatformVersion.Parse(Text(i));
                    _ = version.CompareTo(PlatformVersion.Parse("1.0.0-rc.1"));
                }
            ),
            "constraint" => (Inputs.Seeds("constraints.txt"), i => VersionConstraint.Parse(Text(i))),
            "substitution" => (
                Inputs.Seeds("substitutions.txt"),
                i =>
                    new Substitution(new Dictionary<string, string>(StringComparer.Ordinal) { ["A"] = "x" }).Apply(
                        Text(i)
                    )
            ),
            "kubeconfig" => (
                Inputs.Seeds("kubeconfig.yaml"),
                i =>
                {
                    Write("kubeconfig", i);
                    var config = Kubeconfig.Load(Path.Combine(_folder.Path, "kubeconfig"));
                    _ = config.Contexts;
                }
            ),
            "lock" => (
                [
                    new EnvironmentLock("shop", new Dictionary<string, LockedService>(StringComparer.Ordinal))
                        .ToJson()
                        .ToJsonString()
                        is var text
                        ? Encoding.UTF8.GetBytes(text)
                        : [],
                    .. Inputs.Seeds("claim.json"),
                ],
                i => EnvironmentLock.Read(JsonText.ParseObject(i, file), file)
            ),
            "body" => (
                Inputs.Seeds("manifest.yaml", "pod.json", "definition.json", "merge-keys.yaml"),
                i =>
                {
                    Sound(YamlBody.Parse(i));
                    Sound(JsonAccess.Parse(i));
                }
            ),
            "json patch" => (
                Inputs.Seeds("jsonpatch.json"),
                i => Sound(JsonPatch.Apply(JsonNode.Parse(Inputs.Seeds("pod.json")[0]), JsonAccess.Parse(i)))
            ),
            "merge patch" => (
                Inputs.Seeds("mergepatch.json"),
                i =>
                {
                    Sound(MergePatch.Apply(JsonNode.Parse(Inputs.Seeds("pod.json")[0]), JsonAccess.Parse(i)));
                    if (JsonAccess.Parse(i) is JsonObject patch)
                    {
                        var pod = (JsonObject)JsonNode.Parse(Inputs.Seeds("pod.json")[0])!;
                        Sound(
                            StrategicMergePatch.Apply(pod, patch, new ResourceCatalogue().BuiltIn("v1", "Pod").Schema)
                        );
                    }
                }
            ),
            "labels" => (
                Inputs.Seeds("labels.txt"),
                i => LabelSelector.Parse(Text(i)).Matches(new Dictionary<string, string>(StringComparer.Ordinal))
            ),
            "fields" => (
                Inputs.Seeds("fields.txt"),
                i => FieldSelector.Parse(Text(i), new ResourceCatalogue().BuiltIn("v1", "Pod")).Matches([])
            ),
            "json path" => (
                [".spec.replicas"u8.ToArray(), ".status.conditions[?(@.type==\"Ready\")].status"u8.ToArray()],
                i => JsonPath.Parse(Text(i)).First(JsonNode.Parse(Inputs.Seeds("pod.json")[0]))
            ),
            "protobuf" => (Protobuf, i => ProtobufBody.Parse(i)),
            "journal" => (Journal, ReadJournal),
            _ => throw new ArgumentOutOfRangeException(nameof(parser)),
        };
    }

    // A message that says v1 Pod with a name, as the wire has it.
    private static IReadOnlyList<byte[]> Protobuf
    {
        get
        {
            byte[] metadata = [0x0a, 0x03, 0x0a, 0x01, (byte)'a'];
            byte[] type = [0x0a, 0x02, (byte)'v', (byte)'1', 0x12, 0x03, (byte)'P', (byte)'o', (byte)'d'];
            return
            [
                [.. "k8s\0"u8, 0x0a, (byte)type.Length, .. type, 0x12, (byte)metadata.Length, .. metadata],
            ];
        }
    }

    private static IReadOnlyList<byte[]> Journal
    {
        get
        {
            var json = Inputs.Seeds("pod.json")[0];
            var key = new ObjectKey("pods.", "default", "a");
            return
            [
                [
                    .. JournalRecord.Start(1).ToBytes(),
                    .. JournalRecord.Put(new StoredObject(key, 2, json)).ToBytes(),
                    .. JournalRecord.Put(new StoredObject(key, 3, "{}"u8.ToArray())).ToBytes(),
                ],
            ];
        }
    }

    private void ReadJournal(byte[] bytes)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.Path, Guid.NewGuid().ToString("N")));
        File.WriteAllBytes(Path.Combine(folder.FullName, "store.journal"), bytes);
        using (var store = ObjectStore.Open(folder.FullName))
        {
            foreach (var stored in store.List("pods."))
            {
                stored.Read();
            }
        }

        folder.Delete(recursive: true);
    }

    private void Write(string name, byte[] content) => File.WriteAllBytes(Path.Combine(_folder.Path, name), content);

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private static void Sound(JsonNode? node) => node.Text();
}
