using System.Diagnostics;
using System.Text.Json.Nodes;
using PlatformLocal.Core;
using PlatformLocal.Core.Documents;
using PlatformLocal.Core.Environments;
using PlatformLocal.Core.Resolution;
using PlatformLocal.Deployment.Sources;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Testing;

namespace PlatformLocal.Deployment.Tests.Sources;

/// <summary>Services whose definitions are in real git repositories, at the tags of their versions.</summary>
public sealed class GitServicesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MovableTime _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Each_version_is_what_the_repository_says_at_its_tag()
    {
        var git = await CreateAsync();
        git.WriteService("services/auth", "auth", "old auth");
        git.WriteService("services/web", "web", "old web", "  dependsOn: {auth: \"^1.0\"}");
        await git.TagAsync("auth/1.0.0", "web/1.0.0");
        git.WriteService("services/auth", "auth", "new auth");
        git.WriteService("services/web", "web", "new web", "  dependsOn: {auth: \"^2.0\"}");
        await git.TagAsync("auth/2.0.0", "web/2.0.0");
        git.WriteService("services/web", "web", "not released", "  dependsOn: {auth: \"^9.0\"}");
        await git.TagAsync("unrelated");
        WriteWorkspace("- {git: ../repository, path: services}");
        using var resolution = NewResolution();

        var newest = await ResolveAsync(resolution, "*");
        var oldest = await ResolveAsync(resolution, "^1.0");

        Texts(newest).Should().Equal("auth 2.0.0 new auth", "web 2.0.0 new web");
        Texts(oldest).Should().Equal("auth 1.0.0 old auth", "web 1.0.0 old web");
        oldest
            .Services.Services[1]
            .Definition.Origin.Should()
            .Be($"{git.Folder}//services/web?ref={await git.CommitOfAsync("web/1.0.0")}");
        newest.Warnings.Should().BeEmpty();
    }

    [Fact]
    public async Task A_repository_of_one_service_may_have_it_in_its_root()
    {
        var git = await CreateAsync();
        git.WriteService(".", "web", "alone");
        await git.TagAsync("v1.0.0", "nightly");
        WriteWorkspace($"- git: {git.Folder}");
        using var resolution = NewResolution();

        var resolved = await ResolveAsync(resolution, "*");

        Texts(resolved).Should().Equal("web v1.0.0 alone");
        resolved.Services.Services[0].Definition.Origin.Should().StartWith($"{git.Folder}?ref=");
    }

    [Fact]
    public async Task A_repository_that_does_not_answer_holds_up_nobody_who_has_an_older_copy()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "it needs named pipes");
        var git = await CreateAsync();
        git.WriteService("web", "web", "kept");
        await git.TagAsync("1.0.0");
        WriteWorkspace("- git: ../repository");
        using var resolution = NewResolution();
        await ResolveAsync(resolution, "*");
        var head = Path.Combine(git.Folder, ".git", "HEAD");
        File.Delete(head);
        using (var pipe = Process.Start("mkfifo", [head])) // whoever reads it waits for a writer
        {
            await pipe.WaitForExitAsync(Token);
        }

        _time.Ahead = TimeSpan.FromHours(1);
        var later = await ResolveAsync(resolution, "*").WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, Token);

        Texts(later).Should().Equal("web 1.0.0 kept");
        later.Warnings.Should().ContainSingle().Which.Should().Contain("is still being fetched after 5 s");
    }

    [Fact]
    public async Task A_repository_that_vanished_is_used_as_it_was_with_a_warning_and_offline_without_one()
    {
        var git = await CreateAsync();
        git.WriteService("web", "web", "kept");
        await git.TagAsync("1.0.0");
        WriteWorkspace("- git: ../repository");
        using var resolution = NewResolution();

        await NeverAsync(offline: true, "*was never fetched*--offline*");
        await ResolveAsync(resolution, "*");
        Directory.Delete(git.Folder, recursive: true);
        var fresh = await ResolveAsync(resolution, "*");
        _time.Ahead = TimeSpan.FromHours(1);
        var offline = await ResolveAsync(resolution, "*", offline: true);
        var later = await ResolveAsync(resolution, "*");

        foreach (var resolved in new[] { fresh, offline, later })
        {
            Texts(resolved).Should().Equal("web 1.0.0 kept");
        }

        fresh.Warnings.Concat(offline.Warnings).Should().BeEmpty();
        later.Warnings.Should().ContainSingle().Which.Should().Contain("cannot be fetched").And.Contain("is used");
        Directory.Delete(Path.Combine(_folder.Path, "cache"), recursive: true);
        await NeverAsync(offline: false, $"The git repository {git.Folder} cannot be fetched: fatal: *");

        async Task NeverAsync(bool offline, string message)
        {
            var act = () => ResolveAsync(resolution, "*", offline);
            await act.Should().ThrowAsync<PlatformException>().WithMessage(message);
        }
    }

    [Fact]
    public async Task A_tag_that_moved_is_seen_at_once_when_the_lock_is_verified()
    {
        var git = await CreateAsync();
        git.WriteService("web", "web", "first");
        await git.TagAsync("1.0.0");
        WriteWorkspace("- git: ../repository");
        using var resolution = NewResolution();

        var before = await ResolveAsync(resolution, "*");
        git.WriteService("web", "web", "second");
        await git.TagAsync("1.0.0");
        var fresh = await ResolveAsync(resolution, "*");
        var verified = await ResolveAsync(resolution, "*", isVerified: true);

        Texts(before).Should().Equal("web 1.0.0 first");
        Texts(fresh).Should().Equal("web 1.0.0 first");
        Texts(verified).Should().Equal("web 1.0.0 second");
        File.ReadAllText(ObjectsOf(before.Services.Services[0]))
            .Should()
            .Contain("first", "what was fetched is never changed");
    }

    [Theory]
    [InlineData("web", "  dependsOn: {web: \"*\"}", "spec.dependsOn.web: is the service itself*")]
    [InlineData("other", "", "metadata.name: is 'other', and the service is 'web'*")]
    [InlineData("web", "  unheard: of", "spec.unheard*is not a known field*")]
    public async Task A_version_whose_definition_is_wrong_is_told_when_it_is_chosen_and_no_sooner(
        string name,
        string more,
        string fault
    )
    {
        var git = await CreateAsync();
        git.WriteService("web", "web", "good");
        await git.TagAsync("1.0.0");
        git.WriteService("web", name, "bad", more);
        await git.TagAsync("2.0.0");
        git.WriteService("web", "web", "good again");
        await git.TagAsync("3.0.0");
        WriteWorkspace("- git: ../repository");
        using var resolution = NewResolution();

        var bad = () => ResolveAsync(resolution, "2.0.0");

        var told = (await bad.Should().ThrowAsync<InvalidDocumentException>()).Which;
        told.Message.Should().Contain("web/service.yaml at the tag 2.0.0");
        told.Faults.Select(f => $"{f.Path}: {f.Message}").Should().ContainSingle().Which.Should().Match(fault);
        Texts(await ResolveAsync(resolution, "*")).Should().Equal("web 3.0.0 good again");
        Texts(await ResolveAsync(resolution, "^1.0")).Should().Equal("web 1.0.0 good");
    }

    [Fact]
    public async Task A_version_from_before_the_service_was_there_is_told()
    {
        var git = await CreateAsync();
        git.Write("README.md", "nothing here yet");
        await git.TagAsync("0.1.0");
        git.WriteService("web", "web", "there");
        await git.TagAsync("1.0.0");
        WriteWorkspace("- git: ../repository");
        using var resolution = NewResolution();

        var act = () => ResolveAsync(resolution, "0.1.0");

        await act.Should().ThrowAsync<PlatformException>().WithMessage("*has no definition of web 0.1.0*");
    }

    [Fact]
    public async Task A_link_out_of_a_service_is_not_followed()
    {
        var git = await CreateAsync();
        git.WriteService("web", "web", "there");
        File.CreateSymbolicLink(Path.Combine(git.Folder, "web", "infrastructure", "secrets.yaml"), "/etc/passwd");
        await git.TagAsync("1.0.0");
        WriteWorkspace("- git: ../repository");
        using var resolution = NewResolution();

        var act = () => ResolveAsync(resolution, "*");

        await act.Should()
            .ThrowAsync<PlatformException>()
            .WithMessage("web 1.0.0 of * cannot be unpacked: 'infrastructure/secrets.yaml' is no file inside of it.");
        Directory.EnumerateFileSystemEntries(Path.Combine(_folder.Path, "cache", "content")).Should().BeEmpty();
    }

    [Fact]
    public async Task A_submodule_in_a_service_is_named_and_not_taken_for_an_empty_folder()
    {
        var git = await CreateAsync();
        git.WriteService("web", "web", "there");
        var module = await GitRepository.CreateAsync(Path.Combine(git.Folder, "web", "infrastructure", "sub"));
        module.Write("more.yaml", "kind: ConfigMap");
        await module.TagAsync("any");
        await git.TagAsync("1.0.0");
        WriteWorkspace("- git: ../repository");
        using var resolution = NewResolution();

        var act = () => ResolveAsync(resolution, "*");

        var thrown = await act.Should()
            .ThrowAsync<PlatformException>()
            .WithMessage("web 1.0.0 of *: infrastructure/sub is a submodule, and submodules are not followed.*");
        thrown.Which.NextStep.Should().StartWith("Commit its files");
    }

    [Fact]
    public async Task A_pointer_of_git_lfs_is_named_and_not_taken_for_the_file()
    {
        var git = await CreateAsync();
        git.WriteService("web", "web", "there");
        git.Write(
            "web/infrastructure/lfs.yaml",
            "version https://git-lfs.github.com/spec/v1\noid sha256:0000000000000000000000000000000000000000000000000000000000000000\nsize 12\n"
        );
        await git.TagAsync("1.0.0");
        WriteWorkspace("- git: ../repository");
        using var resolution = NewResolution();

        var act = () => ResolveAsync(resolution, "*");

        var thrown = await act.Should()
            .ThrowAsync<PlatformException>()
            .WithMessage("web 1.0.0 of *: infrastructure/lfs.yaml is a Git LFS pointer, and what *");
        thrown.Which.NextStep.Should().Contain("git lfs");
        Directory.EnumerateFileSystemEntries(Path.Combine(_folder.Path, "cache", "content")).Should().BeEmpty();
    }

    [Fact]
    public async Task A_service_that_is_in_the_workspace_as_well_is_refused()
    {
        var git = await CreateAsync();
        git.WriteService("web", "web", "there");
        await git.TagAsync("1.0.0");
        WriteWorkspace("- git: ../repository");
        new GitRepository(Path.Combine(_folder.Path, "workspace", "services")).WriteService("web", "web", "here");
        using var resolution = NewResolution();

        var act = () => ResolveAsync(resolution, "*");

        await act.Should().ThrowAsync<PlatformException>().WithMessage("The service web is in */services/web and in *");
    }

    [Fact]
    public async Task Ten_thousand_tags_are_read_as_far_as_they_are_needed()
    {
        var git = await CreateAsync();
        git.WriteService("web", "web", "first", "  dependsOn: {auth: \"^1.0\"}");
        git.WriteService("auth", "auth", "auth");
        await git.TagAsync("web/0.0.1", "auth/1.0.0");
        git.WriteService("web", "web", "later", "  dependsOn: {auth: \"^2.0\"}");
        await git.TagAsync("later");
        await git.TagHeadAsync(Enumerable.Range(1, 10_000).Select(n => $"web/1.{n / 100}.{n % 100}"));
        WriteWorkspace("- git: ../repository");
        using var resolution = NewResolution();

        var cold = Stopwatch.StartNew();
        var resolved = await ResolveAsync(resolution, "*");
        cold.Stop();
        var warm = Stopwatch.StartNew();
        await ResolveAsync(resolution, "*");
        warm.Stop();

        Texts(resolved).Should().Equal("auth 1.0.0 auth", "web 0.0.1 first");
        TestContext.Current.SendDiagnosticMessage($"10 000 tags: cold {cold.Elapsed}, warm {warm.Elapsed}");
        warm.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(10));
    }

    private Task<GitRepository> CreateAsync() => GitRepository.CreateAsync(Path.Combine(_folder.Path, "repository"));

    private void WriteWorkspace(string sources) =>
        _folder.Write(
            "workspace/platform.yaml",
            $"apiVersion: platform.local/v1alpha1\nkind: Platform\nmetadata: {{name: test}}\nspec:\n  registry: localhost:1\n  serviceSources:\n  {sources}\n"
        );

    private ServiceResolution NewResolution() =>
        new(Path.Combine(_folder.Path, "cache"), new ProgramRunner(TimeProvider.System), _time);

    private Task<SourcedResolution> ResolveAsync(
        ServiceResolution resolution,
        string version,
        bool offline = false,
        bool isVerified = false
    )
    {
        var workspace = WorkspaceReader.Read(Path.Combine(_folder.Path, "workspace"));
        var payload = new JsonObject
        {
            ["environment_name"] = "shop",
            ["services"] = new JsonObject { ["web"] = version },
        };
        var claim = Payload.ToClaim(
            payload,
            workspace.Types,
            new PayloadOptions { User = "alice", DeployOnlySpecified = true },
            DateTimeOffset.UnixEpoch
        );
        return resolution.ResolveAsync(
            claim,
            workspace,
            new VersionPolicy { Offline = offline, IsLocked = isVerified },
            Token
        );
    }

    private static IEnumerable<string> Texts(SourcedResolution resolved) =>
        resolved.Services.Services.Select(s =>
            $"{s.Definition.Name} {s.Version} {YamlText.ParseObject(File.ReadAllText(ObjectsOf(s)), "objects")["data"]!["text"]}"
        );

    private static string ObjectsOf(ResolvedService service) =>
        Path.Combine(service.Definition.Folder, service.Definition.Manifests, "objects.yaml");
}
