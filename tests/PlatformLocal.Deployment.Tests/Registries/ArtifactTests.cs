using System.Formats.Tar;
using System.IO.Compression;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Artifacts;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Testing;

namespace PlatformLocal.Deployment.Tests.Registries;

[Collection("Docker")]
public sealed class ArtifactTests
{
    private static readonly ArtifactOrigin s_origin = new(
        "https://git.example.org/team/web.git",
        "1.0.0@sha1:0123",
        DateTimeOffset.UnixEpoch
    );

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void The_same_files_give_the_same_bytes_whoever_packs_them_and_when()
    {
        using var one = new TemporaryFolder();
        using var other = new TemporaryFolder();
        foreach (
            var (folder, names) in new[] { (one, new[] { "b.yaml", "a/c.yaml" }), (other, ["a/c.yaml", "b.yaml"]) }
        )
        {
            foreach (var name in names)
            {
                File.SetLastWriteTimeUtc(
                    folder.Write(name, name),
                    new DateTime(2020 + names[0].Length, 1, 1, 0, 0, 0, DateTimeKind.Utc)
                );
            }
        }

        var packed = FolderArtifact.Pack(one.Path, s_origin);

        FolderArtifact.Pack(other.Path, s_origin).Digest.Should().Be(packed.Digest);
        other.Write("b.yaml", "changed");
        FolderArtifact.Pack(other.Path, s_origin).Digest.Should().NotBe(packed.Digest);
    }

    [Fact]
    public async Task The_manifests_of_a_service_are_pushed_once_and_come_back_as_they_were()
    {
        await using var registry = await RealRegistry.StartAsync();
        using var folder = new TemporaryFolder();
        var manifest = WriteWorkspace(folder, registry.Host);
        var push = new PushArtifact(new ProgramRunner(TimeProvider.System), TimeProvider.System);

        var first = await push.RunAsync(folder.Path, "web", "1.0.0", ArtifactTarget.Releases, "alice", Token);
        var again = await push.RunAsync(folder.Path, "web", "1.0.0", ArtifactTarget.Releases, "alice", Token);

        first.Name.Should().Be($"{registry.Host}/oci-releases/web:1.0.0");
        again.Digest.Should().Be(first.Digest);
        using var client = registry.Connect();
        var repository = registry.Repository("oci-releases/web");
        var pulled = await client.GetManifestAsync(repository, first.Digest, Token);
        var layer = pulled.Json!["layers"]![0]!;
        ((string?)layer["mediaType"]).Should().Be(FolderArtifact.LayerType);
        var content = await client.GetBlobAsync(repository, (string)layer["digest"]!, 1 << 20, Token);
        using var reader = new TarReader(
            new GZipStream(new MemoryStream(content.ToArray()), CompressionMode.Decompress)
        );
        var entry = (await reader.GetNextEntryAsync(copyData: true, Token))!;
        entry.Name.Should().Be("objects.yaml");
        (await new StreamReader(entry.DataStream!).ReadToEndAsync(Token))
            .Should()
            .Be(await File.ReadAllTextAsync(manifest, Token));

        await File.AppendAllTextAsync(manifest, "# changed\n", Token);
        var changed = () => push.RunAsync(folder.Path, "web", "1.0.0", ArtifactTarget.Releases, "alice", Token);
        await changed.Should().ThrowAsync<PlatformException>().WithMessage("*is there already with other content*");
        (await push.RunAsync(folder.Path, "web", "1.0.0", ArtifactTarget.Snapshots, "alice", Token))
            .Digest.Should()
            .NotBe(first.Digest);
    }

    private static string WriteWorkspace(TemporaryFolder folder, string registry)
    {
        const string Head = "apiVersion: platform.local/v1alpha1\nkind: ";
        folder.Write(
            "platform.yaml",
            $"{Head}Platform\nmetadata: {{name: test}}\nspec: {{registry: \"{registry}\"}}\n"
        );
        folder.Write(
            "services/web/service.yaml",
            $"{Head}ServiceDefinition\nmetadata: {{name: web}}\nspec:\n  image: docker-releases/web\n  manifests: infrastructure\n"
        );
        return folder.Write("services/web/infrastructure/objects.yaml", "kind: ConfigMap\n");
    }
}
