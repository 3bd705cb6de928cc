using PlatformLocal.Core;
using PlatformLocal.Deployment.Artifacts;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Testing;

namespace PlatformLocal.Deployment.Tests.Artifacts;

/// <summary>What is old is deleted from a real registry, and nothing else.</summary>
[Collection("Docker")]
public sealed class PruneArtifactsTests
{
    private static readonly DateTimeOffset s_now = new(2030, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Snapshots_go_after_thirty_days_what_users_pushed_after_a_day_and_releases_never()
    {
        await using var registry = await RealRegistry.StartAsync();
        using var state = new TemporaryFolder();
        foreach (
            var repository in new[] { "docker-releases/web", "docker-snapshots/web", "user-repos/alice-local-repo/web" }
        )
        {
            await PushAsync(registry, repository, "old", s_now.AddDays(-31));
            await PushAsync(registry, repository, "young", s_now.AddDays(-29));
            await PushAsync(registry, repository, "new", s_now.AddHours(-23));
            await registry.PushImageAsync(repository, ["reproducible"], """{"created": "1970-01-01T00:00:00Z"}""");
            await registry.PushImageAsync(repository, ["undated"], "{}");
        }

        var prune = Prune();
        var plan = await prune.PlanAsync(registry.Host, state.Path, Token);
        var untouched = await TagsAsync(registry, "docker-snapshots/web");
        var deleted = await prune.DeleteAsync(plan, _ => { }, Token);

        untouched.Should().HaveCount(5, "a plan deletes nothing");
        deleted.Should().Be(3);
        (await TagsAsync(registry, "docker-releases/web")).Should().HaveCount(5);
        (await TagsAsync(registry, "docker-snapshots/web")).Should().Equal("new", "reproducible", "undated", "young");
        (await TagsAsync(registry, "user-repos/alice-local-repo/web")).Should().Equal("new", "reproducible", "undated");
        plan.Where(a => a.Retention == Retention.Undated).Should().HaveCount(4);
        (await prune.PlanAsync(registry.Host, state.Path, Token))
            .Should()
            .NotContain(a => a.Retention == Retention.Delete);
        (await prune.DeleteAsync(plan, _ => { }, Token)).Should().Be(0, "what is gone already is no failure");
    }

    [Fact]
    public async Task What_a_lock_or_a_claim_uses_stays_and_so_does_the_playbook_of_a_service_that_stays()
    {
        await using var registry = await RealRegistry.StartAsync();
        using var state = new TemporaryFolder();
        var old = s_now.AddDays(-100);
        var byDigest = await PushAsync(registry, "docker-snapshots/web", "1.0.0-dev.1", old);
        await PushAsync(registry, "docker-snapshots/web", "1.0.0-dev.2", old.AddMinutes(1));
        await PushAsync(registry, "docker-snapshots/web", "1.0.0-dev.20", old.AddMinutes(2));
        state.Write("local/buckets/environments/a.lock.json", $$"""{"image_digest": "{{byDigest}}"}""");
        state.Write(
            "other/buckets/environments/b.json",
            $$"""{"docker_image": "{{registry.Host}}/docker-snapshots/web:1.0.0-dev.2"}"""
        );
        using var content = new TemporaryFolder();
        content.Write("site.yml", "- hosts: localhost");
        using var client = registry.Connect();
        var playbooks = new List<string>();
        foreach (var version in new[] { "1.0.0-dev.1", "1.0.0-dev.2" })
        {
            var origin = new ArtifactOrigin(null, version, old);
            var playbook = FolderArtifact.Pack(content.Path, origin);
            await playbook.PushAsync(client, registry.Repository("oci-snapshots/web-ansible"), version, Token);
            var service = FolderArtifact.Pack(
                content.Path,
                origin,
                (FolderArtifact.PlaybookAnnotation, playbook.Digest)
            );
            await service.PushAsync(client, registry.Repository("oci-snapshots/web"), version, Token);
            playbooks.Add(service.Digest);
        }

        state.Write("local/buckets/environments/c.lock.json", $$"""{"source": "oci://any@{{playbooks[0]}}"}""");

        var plan = await Prune().PlanAsync(registry.Host, state.Path, Token);

        plan.Select(a => $"{a.Retention} {a.Repository.Path} {string.Join(' ', a.Tags)}")
            .Should()
            .BeEquivalentTo(
                "Used docker-snapshots/web 1.0.0-dev.1",
                "Used docker-snapshots/web 1.0.0-dev.2",
                "Delete docker-snapshots/web 1.0.0-dev.20",
                "Used oci-snapshots/web 1.0.0-dev.1",
                "Delete oci-snapshots/web 1.0.0-dev.2",
                "Used oci-snapshots/web-ansible 1.0.0-dev.1",
                "Delete oci-snapshots/web-ansible 1.0.0-dev.2"
            );
    }

    [Fact]
    public async Task A_registry_that_lets_nobody_delete_says_so()
    {
        await using var registry = await RealRegistry.StartAsync(canDelete: false);
        using var state = new TemporaryFolder();
        await PushAsync(registry, "docker-snapshots/web", "old", s_now.AddDays(-31));
        var plan = await Prune().PlanAsync(registry.Host, state.Path, Token);

        var act = () => Prune().DeleteAsync(plan, _ => { }, Token);

        (await act.Should().ThrowAsync<PlatformException>().WithMessage("*lets nobody delete*"))
            .Which.NextStep.Should()
            .Contain("REGISTRY_STORAGE_DELETE_ENABLED");
    }

    private static PruneArtifacts Prune() => new(new ProgramRunner(TimeProvider.System), new FixedTime());

    private static Task<string> PushAsync(
        RealRegistry registry,
        string repository,
        string tag,
        DateTimeOffset created
    ) => registry.PushImageAsync(repository, [tag], $$"""{"created": "{{created:O}}"}""");

    private static async Task<IEnumerable<string>> TagsAsync(RealRegistry registry, string repository)
    {
        using var client = registry.Connect();
        return (await client.ListTagsAsync(registry.Repository(repository), Token)).Order(StringComparer.Ordinal);
    }

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => s_now;
    }
}
