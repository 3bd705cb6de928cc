using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using PlatformLocal.Core;
using PlatformLocal.Core.Environments;
using PlatformLocal.Core.Resolution;
using PlatformLocal.Deployment.Artifacts;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Deployment.Sources;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Testing;

namespace PlatformLocal.Deployment.Tests.Sources;

/// <summary>Services whose definitions are artifacts in a real registry.</summary>
[Collection("Docker")]
public sealed class ArtifactServicesTests : IDisposable
{
    private const string Definition = """
        apiVersion: platform.local/v1alpha1
        kind: ServiceDefinition
        metadata: {name: web}
        spec: {image: docker-releases/web, manifests: infrastructure}
        """;

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_build_of_the_user_goes_before_releases_with_the_user_s_image_and_versions_with_a_build_are_found()
    {
        await using var registry = await RealRegistry.StartAsync();
        await PushAsync(registry, "1.0.0+build.7", ArtifactTarget.Releases);
        await PushAsync(registry, "1.1.0-dev.1", ArtifactTarget.Snapshots);
        await PushAsync(registry, "1.1.0-dev.2", ArtifactTarget.User);
        using var resolution = NewResolution();

        var plain = await ResolveAsync(resolution, registry.Host);
        var alice = await ResolveAsync(resolution, registry.Host, user: "Alice");
        var bob = await ResolveAsync(resolution, registry.Host, user: "bob");

        Describe(plain).Should().Be("1.0.0+build.7 oci-releases/web");
        Describe(alice).Should().Be("1.1.0-dev.2 user-repos/alice-local-repo/oci/web user-repos/alice-local-repo/web");
        Describe(bob).Should().Be("1.1.0-dev.1 oci-snapshots/web");
        File.Exists(Path.Combine(alice.Definition.Folder, "infrastructure", "objects.yaml")).Should().BeTrue();

        string Describe(ResolvedService service) =>
            $"{service.Version} {service.Definition.Origin!.Split('@')[0][$"oci://{registry.Host}/".Length..]} {service.ImageRepository}".Trim();
    }

    [Fact]
    public async Task What_was_fetched_serves_offline_and_when_the_registry_went_away_and_nothing_else_does()
    {
        using var resolution = NewResolution();
        RealRegistry registry;
        await using (registry = await RealRegistry.StartAsync())
        {
            await PushAsync(registry, "1.0.0", ArtifactTarget.Releases);
            var early = () => ResolveAsync(resolution, registry.Host, offline: true);
            await early.Should().ThrowAsync<PlatformException>().WithMessage("*were never fetched*--offline*");
            await ResolveAsync(resolution, registry.Host);
        }

        var offline = await ResolveAsync(resolution, registry.Host, offline: true);
        using var another = new ServiceResolution(
            Path.Combine(_folder.Path, "another"),
            new ProgramRunner(TimeProvider.System),
            TimeProvider.System
        );
        var never = () => ResolveAsync(another, registry.Host);

        offline.Version.Text.Should().Be("1.0.0");
        await never.Should().ThrowAsync<PlatformException>().WithMessage($"*{registry.Host} cannot be reached*");
    }

    [Theory]
    [InlineData("../../../../outside.yaml", "is no file inside of it")]
    [InlineData("/tmp/outside-of-artifact.yaml", "is no file inside of it")]
    public async Task A_layer_that_reaches_out_of_its_folder_is_refused(string name, string message)
    {
        await using var registry = await RealRegistry.StartAsync();
        await PushCraftedAsync(
            registry,
            Pack(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream([1]) }),
            (FolderArtifact.DefinitionAnnotation, Definition)
        );
        using var resolution = NewResolution();

        var act = () => ResolveAsync(resolution, registry.Host);

        await act.Should().ThrowAsync<PlatformException>().WithMessage($"*{message}*");
        Directory.EnumerateFiles(_folder.Path, "outside*", SearchOption.AllDirectories).Should().BeEmpty();
        File.Exists("/tmp/outside-of-artifact.yaml").Should().BeFalse();
    }

    [Fact]
    public async Task A_layer_that_unpacks_to_far_more_than_was_sent_is_refused()
    {
        await using var registry = await RealRegistry.StartAsync();
        await PushCraftedAsync(
            registry,
            Pack(
                new PaxTarEntry(TarEntryType.RegularFile, "large.yaml")
                {
                    DataStream = new MemoryStream(new byte[65 * 1024 * 1024]),
                }
            ),
            (FolderArtifact.DefinitionAnnotation, Definition)
        );
        using var resolution = NewResolution();

        var act = () => ResolveAsync(resolution, registry.Host);

        await act.Should().ThrowAsync<PlatformException>().WithMessage("*it holds more than 64 MiB*");
    }

    [Theory]
    [InlineData(null, "has no definition of web 1.0.0")]
    [InlineData("name: {web", "web:1.0.0")]
    [InlineData(
        "apiVersion: platform.local/v1alpha1\nkind: ServiceDefinition\nmetadata: {name: web}\nspec: {image: a, manifests: ../..}",
        "which is outside of it"
    )]
    public async Task An_artifact_without_a_definition_that_can_be_used_is_refused(string? definition, string message)
    {
        await using var registry = await RealRegistry.StartAsync();
        await PushCraftedAsync(
            registry,
            Pack(new PaxTarEntry(TarEntryType.RegularFile, "a.yaml") { DataStream = new MemoryStream([1]) }),
            definition is null ? [] : [(FolderArtifact.DefinitionAnnotation, definition)]
        );
        using var resolution = NewResolution();

        var act = () => ResolveAsync(resolution, registry.Host);

        (await act.Should().ThrowAsync<PlatformException>()).Which.Message.Should().Contain(message);
    }

    [Fact]
    public async Task A_registry_that_wants_a_password_or_is_slow_is_told_as_what_it_is()
    {
        await using var closed = await RealRegistry.StartAsync(hasPassword: true);
        await using var slow = await ScriptedServer.StartAsync((context, _) => context.HangAsync(), knowsKinds: false);
        using var resolution = NewResolution(
            new RegistryOptions { DockerFolder = _folder.Path, AnswerLimit = TimeSpan.FromMilliseconds(300) }
        );

        var refused = () => ResolveAsync(resolution, closed.Host);
        var late = () => ResolveAsync(resolution, $"localhost:{slow.Connection.Server.Port}");

        (await refused.Should().ThrowAsync<PlatformException>().WithMessage("*does not let you use oci-releases/web*"))
            .Which.Kind.Should()
            .Be(FailureKind.NotAllowed);
        (await late.Should().ThrowAsync<PlatformException>().WithMessage("*did not answer within*"))
            .Which.Kind.Should()
            .Be(FailureKind.NotReadyInTime);
    }

    [Fact]
    public async Task Of_ten_thousand_tags_only_those_are_read_that_are_needed()
    {
        using var some = new TemporaryFolder();
        some.Write("a.yaml", "kind: ConfigMap");
        var artifact = FolderArtifact.Pack(
            some.Path,
            new ArtifactOrigin(null, null, null),
            (FolderArtifact.DefinitionAnnotation, Definition)
        );
        await using var server = await ScriptedServer.StartAsync(
            (context, _) =>
            {
                var path = context.Request.Path.Value!;
                if (path.EndsWith("/tags/list", StringComparison.Ordinal))
                {
                    var last = int.Parse(context.Request.Query["last"].FirstOrDefault() ?? "0");
                    context.Response.Headers.Link =
                        last < 9_000 ? $"<{path}?n=1000&last={last + 1000}>; rel=\"next\"" : "";
                    var tags = Enumerable.Range(last, 1000).Select(n => $"\"1.{n / 100}.{n % 100}\"");
                    return context.SendAsync(200, $$"""{"tags": [{{string.Join(',', tags)}}]}""");
                }

                return path.Contains("/blobs/")
                    ? context.Response.Body.WriteAsync(artifact.Layer, Token).AsTask()
                    : context.Response.Body.WriteAsync(artifact.Manifest, Token).AsTask();
            },
            knowsKinds: false
        );
        using var resolution = NewResolution();

        var resolved = await ResolveAsync(resolution, $"localhost:{server.Connection.Server.Port}");

        resolved.Version.Text.Should().Be("1.99.99");
        server.Requests.Where(r => !r.Contains("/tags/list")).Should().HaveCount(2, "one manifest and one layer");
    }

    private static async Task PushCraftedAsync(
        RealRegistry registry,
        byte[] layer,
        params IReadOnlyList<(string, string)> annotations
    )
    {
        using var some = new TemporaryFolder();
        some.Write("a.yaml", "any");
        var honest = FolderArtifact.Pack(some.Path, new ArtifactOrigin(null, null, null), annotations);
        var manifest = JsonNode.Parse(honest.Manifest.Span)!;
        manifest["layers"]![0]!["digest"] = Digest.Of(layer);
        manifest["layers"]![0]!["size"] = layer.Length;
        using var client = registry.Connect();
        await new FolderArtifact(Encoding.UTF8.GetBytes(manifest.ToJsonString()), layer).PushAsync(
            client,
            registry.Repository("oci-releases/web"),
            "1.0.0",
            Token
        );
    }

    private static byte[] Pack(TarEntry entry)
    {
        using var content = new MemoryStream();
        using (var compressed = new GZipStream(content, CompressionLevel.Fastest, leaveOpen: true))
        using (var writer = new TarWriter(compressed, TarEntryFormat.Pax))
        {
            writer.WriteEntry(entry);
        }

        return content.ToArray();
    }

    private async Task PushAsync(RealRegistry registry, string version, ArtifactTarget target)
    {
        _folder.Write("maker/platform.yaml", Platform($"registry: \"{registry.Host}\""));
        _folder.Write("maker/services/web/service.yaml", Definition);
        _folder.Write("maker/services/web/infrastructure/objects.yaml", $"# {version}\nkind: ConfigMap\n");
        await new PushArtifact(new ProgramRunner(TimeProvider.System), TimeProvider.System).RunAsync(
            Path.Combine(_folder.Path, "maker"),
            "web",
            version,
            target,
            "alice",
            Token
        );
    }

    private ServiceResolution NewResolution(RegistryOptions? options = null) =>
        new(
            Path.Combine(_folder.Path, "deep", "er", "cache"),
            new ProgramRunner(TimeProvider.System),
            TimeProvider.System,
            options
        );

    private async Task<ResolvedService> ResolveAsync(
        ServiceResolution resolution,
        string host,
        string? user = null,
        bool offline = false
    )
    {
        _folder.Write("workspace/platform.yaml", Platform($"serviceSources: [{{oci: \"{host}\", services: [web]}}]"));
        var workspace = WorkspaceReader.Read(Path.Combine(_folder.Path, "workspace"));
        var payload = new JsonObject
        {
            ["environment_name"] = "shop",
            ["services"] = new JsonObject { ["web"] = "*" },
        };
        var claim = Payload.ToClaim(
            payload,
            workspace.Types,
            new PayloadOptions
            {
                User = user ?? "nobody",
                DeployOnlySpecified = true,
                UseDevTags = user is not null,
            },
            DateTimeOffset.UnixEpoch
        );
        var resolved = await resolution.ResolveAsync(claim, workspace, new VersionPolicy { Offline = offline }, Token);
        return resolved.Services.Services.Single();
    }

    private static string Platform(string spec) =>
        $"apiVersion: platform.local/v1alpha1\nkind: Platform\nmetadata: {{name: test}}\nspec:\n  {spec}\n";
}
