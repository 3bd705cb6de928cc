using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Deployment.Sources;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Testing;

namespace PlatformLocal.Deployment.Tests.Sources;

/// <summary>Versions from a real registry and from real git repositories.</summary>
[Collection("Docker")]
public sealed class CatalogueVersionsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_tags_of_an_image_are_its_versions_and_those_of_snapshots_and_of_the_user_its_development_builds()
    {
        await using var registry = await RealRegistry.StartAsync();
        await registry.PushImageAsync("docker-releases/web", "1.0.0", "1.1.0", "latest");
        await registry.PushImageAsync("docker-snapshots/web", "1.2.0-dev.1", "1.2.0-dev.2");
        await registry.PushImageAsync("user-repos/alice-local-repo/web", "1.2.0-dev.2", "1.2.0-dev.3");
        using var folder = new TemporaryFolder();
        WriteWorkspace(folder, registry.Host, "versions: registry");
        using var versions = Sources(folder);

        var (plain, warnings) = await versions.CompleteAsync(Read(folder), devTagsFor: null, offline: false, Token);
        var (dev, _) = await versions.CompleteAsync(Read(folder), devTagsFor: "alice", offline: false, Token);
        var (other, _) = await versions.CompleteAsync(Read(folder), devTagsFor: "not a/name", offline: false, Token);

        Text(plain).Should().Equal("1.0.0", "1.1.0");
        plain.Catalogue.Services["web"].DevVersions.Should().BeEmpty();
        var web = dev.Catalogue.Services["web"];
        web.DevVersions.Select(v => v.Text).Should().Equal("1.2.0-dev.1", "1.2.0-dev.2", "1.2.0-dev.3");
        web.DevImages.Select(i => $"{i.Key} {i.Value}").Should().Equal("1.2.0-dev.3 user-repos/alice-local-repo/web");
        other.Catalogue.Services["web"].DevVersions.Should().HaveCount(2);
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
        var never = () => versions.CompleteAsync(Read(folder), devTagsFor: null, offline: true, Token);
        await using (registry)
        {
            await never.Should().ThrowAsync<PlatformException>().WithMessage("*were never fetched*");
            await registry.PushImageAsync("docker-releases/web", "1.0.0");
            await versions.CompleteAsync(Read(folder), devTagsFor: null, offline: false, Token);
        }

        var (offline, _) = await later.CompleteAsync(Read(folder), devTagsFor: null, offline: true, Token);
        var (away, warnings) = await later.CompleteAsync(Read(folder), devTagsFor: null, offline: false, Token);

        Text(offline).Should().Equal("1.0.0");
        Text(away).Should().Equal("1.0.0");
        warnings.Should().ContainSingle().Which.Should().Contain("cannot be reached").And.Contain("are those of");
    }

    [Fact]
    public async Task Tags_that_did_not_change_are_not_sent_again_unless_they_fill_pages()
    {
        var tags = new[] { "1.0.0" };
        var isPaged = false;
        await using var server = await ScriptedServer.StartAsync(
            (context, _) =>
            {
                var tag = $"\"{string.Join('-', tags)}\"";
                if (context.Request.Headers.IfNoneMatch == tag)
                {
                    context.Response.StatusCode = 304;
                    return Task.CompletedTask;
                }

                context.Response.Headers.ETag = tag;
                if (isPaged && !context.Request.QueryString.Value!.Contains("last"))
                {
                    context.Response.Headers.Link = "</v2/docker-releases/web/tags/list?last=1>; rel=\"next\"";
                }

                return context.SendAsync(200, $$"""{"tags": ["{{string.Join("\",\"", tags)}}"]}""");
            },
            knowsKinds: false
        );
        using var folder = new TemporaryFolder();
        WriteWorkspace(folder, $"localhost:{server.Connection.Server.Port}", "versions: registry");

        (await CompleteAsync()).Should().Equal("1.0.0");
        (await CompleteAsync()).Should().Equal(["1.0.0"], "304 stands for what was fetched before");
        tags = ["1.0.0", "1.1.0"];
        (await CompleteAsync()).Should().Equal("1.0.0", "1.1.0");
        isPaged = true;
        tags = ["2.0.0"];
        await CompleteAsync();
        await CompleteAsync();

        server.Requests.Should().HaveCount(7, "the tag of one page says nothing of the other");

        async Task<IEnumerable<string>> CompleteAsync()
        {
            using var versions = new CatalogueVersions(
                Path.Combine(folder.Path, "tags"),
                new ProgramRunner(TimeProvider.System),
                new RunningTime(),
                new RegistryOptions { DockerFolder = folder.Path }
            );
            return Text((await versions.CompleteAsync(Read(folder), null, offline: false, Token)).Workspace).ToList();
        }
    }

    [Fact]
    public async Task A_registry_that_trickles_holds_up_nobody_who_has_an_older_list_and_is_heard_in_the_end()
    {
        var isSlow = false;
        using var enough = new SemaphoreSlim(0);
        await using var server = await ScriptedServer.StartAsync(
            async (context, _) =>
            {
                if (!isSlow)
                {
                    await context.SendAsync(200, """{"tags": ["1.0.0"]}""");
                    return;
                }

                await context.Response.StartAsync();
                while (!await enough.WaitAsync(TimeSpan.FromMilliseconds(20), context.RequestAborted))
                {
                    await context.Response.WriteAsync(" ", context.RequestAborted);
                }

                await context.Response.WriteAsync("""{"tags": ["1.0.0", "1.1.0"]}""");
            },
            knowsKinds: false
        );
        using var folder = new TemporaryFolder();
        WriteWorkspace(folder, $"localhost:{server.Connection.Server.Port}", "versions: registry");
        var time = new MovableTime();
        using var versions = new CatalogueVersions(
            Path.Combine(folder.Path, "tags"),
            new ProgramRunner(TimeProvider.System),
            time,
            new RegistryOptions { DockerFolder = folder.Path }
        );
        await versions.CompleteAsync(Read(folder), null, offline: false, Token);
        isSlow = true;
        time.Ahead = TimeSpan.FromHours(1);

        var clock = Stopwatch.StartNew();
        var (meanwhile, warnings) = await versions.CompleteAsync(Read(folder), null, offline: false, Token);
        var took = clock.Elapsed;
        enough.Release();
        IReadOnlyList<string> heard = [];
        while (heard.Count < 2)
        {
            heard = [.. Text((await versions.CompleteAsync(Read(folder), null, offline: false, Token)).Workspace)];
            clock.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(30));
        }

        Text(meanwhile).Should().Equal("1.0.0");
        warnings.Should().ContainSingle().Which.Should().Contain("did not say within 5 s").And.Contain("are those of");
        took.Should().BeLessThan(TimeSpan.FromSeconds(10));
        heard.Should().Equal("1.0.0", "1.1.0");
        server.Requests.Should().HaveCount(2, "what one asks for is not asked for again meanwhile");
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

        var (workspace, _) = await versions.CompleteAsync(Read(folder), devTagsFor: null, offline: false, Token);

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

            var act = () => versions.CompleteAsync(Read(folder), devTagsFor: null, offline: false, Token);

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

    private static Task GitAsync(string folder, params string[] arguments) =>
        new ProgramRunner(TimeProvider.System).RunAsync(
            new ProgramCommand
            {
                Program = "git",
                Arguments = ["-C", folder, "-c", "user.name=tests", "-c", "user.email=tests@example.org", .. arguments],
            },
            TestContext.Current.CancellationToken
        );

    /// <summary>A clock that is ahead, a day unless told, so that nothing fetched before is fresh.</summary>
    private sealed class LaterTime(TimeSpan? ahead = null) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + (ahead ?? TimeSpan.FromDays(1));
    }

    /// <summary>A clock that is a day ahead each time somebody looks.</summary>
    private sealed class RunningTime : TimeProvider
    {
        private static int s_days;

        public override DateTimeOffset GetUtcNow() =>
            System.GetUtcNow() + TimeSpan.FromDays(Interlocked.Increment(ref s_days));
    }
}
