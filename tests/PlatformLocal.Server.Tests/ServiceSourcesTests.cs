using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Core.Documents;
using PlatformLocal.Deployment.Ansible;
using PlatformLocal.Deployment.Artifacts;
using PlatformLocal.Kubernetes;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Server.Tests.Testing;
using PlatformLocal.Testing;

namespace PlatformLocal.Server.Tests;

/// <summary>Environments of services that are in git repositories and in a real registry.</summary>
public sealed class ServiceSourcesTests
{
    private const string Shop = """{"environment_name":"shop","user":"alice","services":{"web":"VERSION"}}""";

    private const string Playbook = """
        - name: Settings
          hosts: localhost
          gather_facts: false
          tasks:
            - name: Write the settings
              kubernetes.core.k8s:
                apply: true
                definition:
                  apiVersion: v1
                  kind: ConfigMap
                  metadata: {name: "{{ SERVICE_NAME }}-settings", namespace: "{{ NAMESPACE }}"}
                  data: {version: "{{ SERVICE_VERSION }}"}

        """;

    private static readonly DeployRequest s_flags = new() { Claim = [], DeployOnlySpecified = true };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_one_workspace_pushes_another_plans_and_deploys_with_its_playbook()
    {
        Assert.SkipUnless(AnsiblePlaybooks.IsInstalled, "ansible-playbook is not installed");
        await using var registry = await RealRegistry.StartAsync();
        await using var maker = TestPlatform.Prepare();
        maker.WritePlatform($"{{registry: \"{registry.Host}\"}}");
        maker.WriteService("web", "docker-releases/web", "{auth: \"^1.0\"}");
        maker.WriteService("auth", "docker-releases/auth");
        await PushAsync(maker, "web", "1.0.0");
        await PushAsync(maker, "auth", "1.0.0");
        maker.WriteService("web", "docker-releases/web", "{auth: \"^2.0\"}");
        maker.WritePlaybook("auth", Playbook);
        var web = await PushAsync(maker, "web", "2.0.0");
        var auth = await PushAsync(maker, "auth", "2.0.0");
        auth.Playbook!.Name.Should().Be($"{registry.Host}/oci-releases/auth-ansible:2.0.0");
        var image = await registry.PushImageAsync("docker-releases/auth", ["2.0.0"], "{}");

        await using var platform = TestPlatform.Prepare();
        Directory.Delete(Path.Combine(platform.Workspace, "services"), recursive: true);
        platform.WritePlatform(
            $"{{registry: \"{registry.Host}\", serviceSources: [{{oci: \"{registry.Host}\", services: [web, auth]}}]}}"
        );
        await platform.ServeAsync();
        var plan = await platform.Api.PlanAsync("shop", s_flags with { Claim = Payload("*") }, Token);
        var newest = await TestPlatform.DeployAsync(platform.Api, Shop.Replace("VERSION", "*"), s_flags);
        var lockBytes = ReadLock(platform);
        using var client = KubernetesClient.FromKubeconfig(platform.State.Kubeconfig);
        var settings = await client.FindAsync(
            new ObjectReference("v1", "ConfigMap", "env-shop", "auth-settings"),
            Token
        );
        var deployment = await client.GetAsync(new ObjectReference("apps/v1", "Deployment", "env-shop", "auth"), Token);
        var oldest = await TestPlatform.DeployAsync(platform.Api, Shop.Replace("VERSION", "^1.0"), s_flags);

        plan.Services.Select(s => $"{s.Name} {s.To} {s.Source}")
            .Should()
            .Equal(
                $"auth 2.0.0 oci://{registry.Host}/oci-releases/auth@{auth.Digest}",
                $"web 2.0.0 oci://{registry.Host}/oci-releases/web@{web.Digest}"
            );
        newest.Phase.Should().Be(EnvironmentPhase.Ready, newest.Message);
        newest.Warnings.Should().BeEmpty();
        JsonNode.Parse(lockBytes)!["services"]!["web"]!["source"]!
            .ToString()
            .Should()
            .Be($"oci://{registry.Host}/oci-releases/web@{web.Digest}");
        ((string?)settings?["data"]?["version"]).Should().Be("2.0.0", "the playbook came with the artifact");
        ((string?)deployment["spec"]!["template"]!["spec"]!["containers"]![0]!["image"])
            .Should()
            .Be($"{registry.Host}/docker-releases/auth:2.0.0@{image}");
        oldest.Services.Select(s => $"{s.Name} {s.Version}").Should().Equal("auth 1.0.0", "web 1.0.0");
    }

    [Fact]
    public async Task A_claim_may_name_another_playbook_which_is_locked_by_its_digest()
    {
        Assert.SkipUnless(AnsiblePlaybooks.IsInstalled, "ansible-playbook is not installed");
        await using var registry = await RealRegistry.StartAsync();
        await using var platform = TestPlatform.Prepare();
        platform.WritePlatform($"{{registry: \"{registry.Host}\", claims: {{playbooks: true}}}}");
        platform.WritePlaybook("auth", Playbook.Replace("{{ SERVICE_VERSION }}", "another"));
        var pushed = await PushAsync(platform, "auth", "9.0.0");
        platform.WritePlaybook("auth", Playbook);
        await platform.ServeAsync();

        var deployed = await platform.DeployAsync(Claim("oci-releases/auth-ansible:9.0.0"));
        var missing = () => platform.DeployAsync(Claim("oci-releases/auth-ansible:9.9.9"));
        var vague = () => platform.DeployAsync(Claim("oci-releases/auth-ansible"));

        deployed.Phase.Should().Be(EnvironmentPhase.Ready, deployed.Message);
        using var client = KubernetesClient.FromKubeconfig(platform.State.Kubeconfig);
        var settings = await client.GetAsync(
            new ObjectReference("v1", "ConfigMap", "env-shop", "auth-settings"),
            Token
        );
        ((string?)settings["data"]!["version"]).Should().Be("another");
        ((string?)JsonNode.Parse(ReadLock(platform))!["services"]!["auth"]!["playbook"])
            .Should()
            .Be($"oci://{registry.Host}/oci-releases/auth-ansible@{pushed.Playbook!.Digest}");
        await missing
            .Should()
            .ThrowAsync<PlatformException>()
            .WithMessage("*does not have oci-releases/auth-ansible*9.9.9*");
        await vague.Should().ThrowAsync<PlatformException>().WithMessage("*neither a tag nor a digest*");

        static string Claim(string artifact) =>
            $$"""{"environment_name":"shop","services":{"auth":{"version":"*","ansible_artifact":"{{artifact}}"} } }""";
    }

    [Fact]
    public async Task A_development_build_that_was_pushed_anew_is_refused_by_its_lock()
    {
        await using var registry = await RealRegistry.StartAsync();
        await using var maker = TestPlatform.Prepare();
        maker.WritePlatform($"{{registry: \"{registry.Host}\"}}");
        maker.WriteService("web", "docker-releases/web");
        var first = await PushAsync(maker, "web", "1.0.0-dev.1", ArtifactTarget.User);
        await using var platform = TestPlatform.Prepare();
        Directory.Delete(Path.Combine(platform.Workspace, "services"), recursive: true);
        platform.WritePlatform(
            $"{{registry: \"{registry.Host}\", serviceSources: [{{oci: \"{registry.Host}\", services: [web]}}]}}"
        );
        await platform.ServeAsync();
        var dev = s_flags with { UseDevTags = true };

        await TestPlatform.DeployAsync(platform.Api, Shop.Replace("VERSION", "*"), dev);
        var replayed = await TestPlatform.DeployAsync(
            platform.Api,
            Shop.Replace("VERSION", "*"),
            dev with
            {
                Locked = true,
            }
        );
        maker.WriteService("web", "docker-releases/web", "{}\n  timeout: 4m");
        var second = await PushAsync(maker, "web", "1.0.0-dev.1", ArtifactTarget.User);
        var moved = () =>
            TestPlatform.DeployAsync(platform.Api, Shop.Replace("VERSION", "*"), dev with { Locked = true });

        replayed.Changes!.Updated.Should().Be(0);
        (await moved.Should().ThrowAsync<PlatformException>())
            .WithMessage($"*source of web: *oci/web@{first.Digest} before, *oci/web@{second.Digest} now*")
            .Which.Kind.Should()
            .Be(FailureKind.Conflict);
    }

    [Fact]
    public async Task A_tag_of_a_git_repository_that_moved_is_refused_by_the_lock_and_taken_without_it()
    {
        await using var platform = TestPlatform.Prepare();
        Directory.Delete(Path.Combine(platform.Workspace, "services"), recursive: true);
        var git = await GitRepository.CreateAsync(Path.Combine(platform.Workspace, "..", "repository"));
        git.WriteService("web", "web", "${SERVICE_VERSION} one");
        await git.TagAsync("1.0.0");
        platform.WritePlatform("{serviceSources: [{git: ../repository}]}");
        await platform.ServeAsync();
        var shop = Shop.Replace("VERSION", "^1.0");

        await TestPlatform.DeployAsync(platform.Api, shop, s_flags);
        var before = await git.CommitOfAsync("1.0.0");
        git.WriteService("web", "web", "${SERVICE_VERSION} two");
        await git.TagAsync("1.0.0");
        var now = await git.CommitOfAsync("1.0.0");
        var moved = () => TestPlatform.DeployAsync(platform.Api, shop, s_flags with { Locked = true });

        await moved
            .Should()
            .ThrowAsync<PlatformException>()
            .WithMessage($"*manifests of web*source of web: *//web?ref={before} before, *//web?ref={now} now*");
        (await TextAsync()).Should().Be("1.0.0 one");
        await TestPlatform.DeployAsync(platform.Api, shop, s_flags);
        (await TextAsync()).Should().Be("1.0.0 two");

        async Task<string?> TextAsync()
        {
            using var client = KubernetesClient.FromKubeconfig(platform.State.Kubeconfig);
            var map = await client.GetAsync(new ObjectReference("v1", "ConfigMap", "env-shop", "web"), Token);
            return (string?)map["data"]!["text"];
        }
    }

    [Theory]
    [InlineData("{oci: \"localhost:1\", services: [web]}", "*localhost:1 cannot be reached*")]
    [InlineData("{git: /nonexistent/repository}", "The git repository /nonexistent/repository cannot be fetched*")]
    public async Task A_source_that_is_not_there_refuses_the_claim(string source, string message)
    {
        await using var platform = TestPlatform.Prepare();
        platform.WritePlatform($"{{serviceSources: [{source}]}}");
        await platform.ServeAsync();

        var act = () => TestPlatform.DeployAsync(platform.Api, Shop.Replace("VERSION", "*"), s_flags);

        await act.Should().ThrowAsync<PlatformException>().WithMessage(message);
        (await platform.Api.FindAsync("shop", Token)).Should().BeNull();
    }

    private static Task<PushedArtifact> PushAsync(
        TestPlatform maker,
        string service,
        string version,
        ArtifactTarget target = ArtifactTarget.Releases
    ) =>
        new PushArtifact(new ProgramRunner(TimeProvider.System), TimeProvider.System).RunAsync(
            maker.Workspace,
            service,
            version,
            target,
            "alice",
            Token
        );

    private static JsonObject Payload(string version) =>
        JsonText.ParseObject(Shop.Replace("VERSION", version), "the payload");

    private static string ReadLock(TestPlatform platform) =>
        File.ReadAllText(Path.Combine(platform.Bucket, "shop.lock.json"));
}
