using PlatformLocal.Processes;
using PlatformLocal.Registries;
using PlatformLocal.Sources;
using PlatformLocal.Tests.Clusters;
using PlatformLocal.Tests.Registries;
using PlatformLocal.Tests.Testing;
using PlatformLocal.Workspaces;

namespace PlatformLocal.Tests.Sources;

/// <summary>Versions from a real registry and from real git repositories.</summary>
[Collection("Docker")]
public sealed class CatalogueVersionsTests
{
    private const string Type = "application/vnd.oci.image.manifest.v1+json";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_tags_of_an_image_are_its_versions_and_those_of_its_snapshots_its_development_builds()
    {
        await using var registry = await RealRegistry.StartAsync();
        using var client = registry.Connect();
        await PushAsync(client, registry.Repository("docker-releases/web"), "1.0.0", "1.1.0", "latest");
        await PushAsync(client, registry.Repository("docker-snapshots/web"), "1.2.0-dev.1");
        using var folder = new TemporaryFolder();
        WriteWorkspace(folder, registry.Host, "versions: registry");
        using var versions = Sources(folder);

        var (plain, warnings) = await versions.CompleteAsync(Read(folder), useDevTags: false, offline: false, Token);
        var (dev, _) = await versions.CompleteAsync(Read(folder), useDevTags: true, offline: false, Token);

        Text(plain).Should().Equal("1.0.0", "1.1.0");
        plain.Catalogue.Services["web"].DevVersions.Should().BeEmpty();
        dev.Catalogue.Services["web"].DevVersions.Select(v => v.Text).Should().Equal("1.2.0-dev.1");
        warnings.Should().BeEmpty();
    }

    [Fact]
    public async Task What_was_fetched_is_used_offline_and_when_the_registry_went_away()
    {
        var registry = await RealRegistry.StartAsync();
        using var folder = new TemporaryFolder();
        WriteWorkspace(folder, registry.Host, "versions: registry");
        using var versions = Sources(folder);
        using var later = new CatalogueVersions(
            Path.Combine(folder.Path, "tags"),
            new ProgramRunner(TimeProvider.System),
            new LaterTime(),
            new RegistryOptions { DockerFolder = folder.Path }
        );
        var never = () => versions.CompleteAsync(Read(folder), useDevTags: false, offline: true, Token);
        await using (registry)
        {
            await never.Should().ThrowAsync<PlatformException>().WithMessage("*were never fetched*");
            using var client = registry.Connect();
            await PushAsync(client, registry.Repository("docker-releases/web"), "1.0.0");
            await versions.CompleteAsync(Read(folder), useDevTags: false, offline: false, Token);
        }

        var (offline, _) = await later.CompleteAsync(Read(folder), useDevTags: false, offline: true, Token);
        var (away, warnings) = await later.CompleteAsync(Read(folder), useDevTags: false, offline: false, Token);

        Text(offline).Should().Equal("1.0.0");
        Text(away).Should().Equal("1.0.0");
        warnings.Should().ContainSingle().Which.Should().Contain("cannot be reached").And.Contain("are those of");
    }

    [Theory]
    [InlineData("1.0.0 v1.1.0 nightly", "1.0.0 v1.1.0")]
    [InlineData("web/1.0.0 web/2.0.0 auth/9.0.0 3.0.0", "1.0.0 2.0.0")]
    public async Task The_tags_of_a_git_repository_are_versions_those_of_the_service_alone_where_many_share_it(
        string tags,
        string expected
    )
    {
        Assert.SkipUnless(Programs.Has("git"), "git is not installed");
        using var folder = new TemporaryFolder();
        var repository = Directory.CreateDirectory(Path.Combine(folder.Path, "repository")).FullName;
        await GitAsync(repository, "init", "--quiet");
        await GitAsync(repository, "commit", "--quiet", "--allow-empty", "--message", "first");
        foreach (var tag in tags.Split(' '))
        {
            await GitAsync(repository, "tag", "--annotate", tag, "--message", tag);
        }

        WriteWorkspace(folder, "localhost:1", $"versions: git\n  repository: {repository}");
        using var versions = Sources(folder);

        var (workspace, _) = await versions.CompleteAsync(Read(folder), useDevTags: false, offline: false, Token);

        Text(workspace).Should().Equal(expected.Split(' '));
    }

    [Fact]
    public async Task A_git_repository_that_is_gone_or_names_a_program_is_refused()
    {
        Assert.SkipUnless(Programs.Has("git"), "git is not installed");
        using var folder = new TemporaryFolder();
        using var versions = Sources(folder);
        var witness = Path.Combine(folder.Path, "witness");
        foreach (
            var address in new[]
            {
                "/nonexistent/repository",
                $"ext::touch {witness}",
                $"--upload-pack=touch {witness}",
            }
        )
        {
            WriteWorkspace(folder, "localhost:1", $"versions: git\n  repository: \"{address}\"");

            var act = () => versions.CompleteAsync(Read(folder), useDevTags: false, offline: false, Token);

            await act.Should()
                .ThrowAsync<PlatformException>()
                .WithMessage("The tags of the git repository*cannot be read*");
        }

        File.Exists(witness).Should().BeFalse();
    }

    private static IEnumerable<string> Text(Workspace workspace) =>
        workspace.Catalogue.Services["web"].Versions.Select(v => v.Text);

    private static Workspace Read(TemporaryFolder folder) =>
        WorkspaceReader.Read(Path.Combine(folder.Path, "workspace"));

    private static CatalogueVersions Sources(TemporaryFolder folder) =>
        new(
            Path.Combine(folder.Path, "tags"),
            new ProgramRunner(TimeProvider.System),
            new LaterTime(TimeSpan.Zero),
            new RegistryOptions { DockerFolder = folder.Path }
        );

    private static void WriteWorkspace(TemporaryFolder folder, string registry, string versions)
    {
        const string Head = "apiVersion: platform.local/v1alpha1\nkind: ";
        folder.Write(
            "workspace/platform.yaml",
            $"{Head}Platform\nmetadata: {{name: test}}\nspec: {{registry: \"{registry}\"}}\n"
        );
        folder.Write(
            "workspace/services/web/service.yaml",
            $"{Head}ServiceDefinition\nmetadata: {{name: web}}\nspec:\n  image: docker-releases/web\n  manifests: .\n  {versions}\n"
        );
    }

    private static async Task PushAsync(RegistryClient client, RepositoryName repository, params string[] tags)
    {
        var blob = await client.PutBlobAsync(repository, "{}"u8.ToArray(), Token);
        var manifest = System.Text.Encoding.UTF8.GetBytes(
            $$$"""
            {"schemaVersion": 2, "mediaType": "{{{Type}}}", "layers": [],
             "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": "{{{blob}}}", "size": 2}}
            """
        );
        foreach (var tag in tags)
        {
            await client.PutManifestAsync(repository, tag, Type, manifest, Token);
        }
    }

    private static Task GitAsync(string folder, params string[] arguments) =>
        KindLab.Run("git", ["-C", folder, "-c", "user.name=tests", "-c", "user.email=tests@example.org", .. arguments]);

    /// <summary>A clock that is ahead, a day unless told, so that nothing fetched before is fresh.</summary>
    private sealed class LaterTime(TimeSpan? ahead = null) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + (ahead ?? TimeSpan.FromDays(1));
    }
}
