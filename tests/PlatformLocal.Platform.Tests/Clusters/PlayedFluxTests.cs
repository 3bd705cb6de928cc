using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Delivery.Flux;
using PlatformLocal.Kubernetes;
using PlatformLocal.Platform.Clusters;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Deliveries;

namespace PlatformLocal.Platform.Tests.Clusters;

/// <summary>What Flux is asked for, what becomes of it, and what is told when it does not, on a cluster where it is played.</summary>
public sealed class PlayedFluxTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_service_is_a_Kustomization_that_waits_for_those_it_depends_on()
    {
        await using var platform = await PlayedPlatform.StartAsync();
        var settings = Service("settings", ConfigMap("settings"));
        var database = Service("database", DeploymentOf("database")) with { DependsOn = ["settings"] };
        var web = Service("web", DeploymentOf("web"), ConfigMap("web")) with { DependsOn = ["database", "settings"] };

        var result = await platform.DeliverAsync(Request("shop", web, database, settings));
        var again = await platform.DeliverAsync(Request("shop", web, database, settings));

        result.Changes.Should().HaveCount(5).And.OnlyContain(c => c.Change == ChangeKind.Created);
        again.Changes.Should().OnlyContain(c => c.Change == ChangeKind.Unchanged);
        var kustomization = await platform.KustomizationAsync("web");
        var spec = kustomization.Child("spec")!;
        spec["dependsOn"]!.ToJsonString().Should().Be("""[{"name":"database"}]""", "nobody waits for settings");
        (await platform.KustomizationAsync("database")).Child("spec")!.ContainsKey("dependsOn").Should().BeFalse();
        spec.Text("serviceAccountName").Should().Be("platform-delivery");
        spec.Flag("prune").Should().BeTrue();
        spec.Flag("wait").Should().BeTrue();
        spec.Text("timeout").Should().Be("20s");
        kustomization.Condition("Ready").Text("message").Should().EndWith("(played)");
        var deployment = await platform.FindAsync("apps/v1", "Deployment", "web");
        PlayedPlatform.ManagersOf(deployment).Should().Equal("kustomize-controller");
    }

    [Fact]
    public async Task Secrets_and_what_gives_rights_are_never_in_the_registry()
    {
        await using var platform = await PlayedPlatform.StartAsync();
        JsonObject secret = Yamlish(
            """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"key"},"stringData":{"password":"do-not-tell"}}"""
        );
        JsonObject role = Yamlish(
            """{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"reader"},"rules":[]}"""
        );

        await platform.DeliverAsync(Request("shop", Service("web", secret, role, ConfigMap("web"))));

        var stored = await platform.FindAsync("v1", "Secret", "key");
        PlayedPlatform.ManagersOf(stored).Should().Equal("platform-local");
        var account = await platform.FindAsync("rbac.authorization.k8s.io/v1", "Role", "platform-delivery");
        account!["rules"]!
            .ToJsonString()
            .Should()
            .Contain("configmaps")
            .And.NotContain("secrets")
            .And.NotContain("roles");
        var packed = Directory
            .EnumerateFiles(platform.Registry, "*", SearchOption.AllDirectories)
            .Select(Unpacked)
            .ToList();
        packed.Should().Contain(t => t.Contains("configmap-web.yaml")).And.NotContain(t => t.Contains("secret-key"));
    }

    [Fact]
    public async Task Who_depends_on_a_playbook_is_held_back_until_it_has_run()
    {
        await using var platform = await PlayedPlatform.StartAsync();
        var held = new List<(bool? IsSuspended, string? Image)>();
        var auth = Service("auth", DeploymentOf("auth")) with
        {
            AfterReady = async (_, token) =>
            {
                var web = await platform.KustomizationAsync("web");
                var deployment = await platform.FindAsync("apps/v1", "Deployment", "web");
                held.Add((web.Child("spec").Flag("suspend"), ImageOf(deployment)));
            },
        };
        var web = Service("web", DeploymentOf("web", "web:1")) with { DependsOn = ["auth"] };
        var newer = Service("web", DeploymentOf("web", "web:2")) with { DependsOn = ["auth"] };

        await platform.DeliverAsync(Request("shop", auth, web));
        await platform.DeliverAsync(Request("shop", auth, newer));

        held.Should().Equal((true, null), (true, "web:1"));
        var after = await platform.KustomizationAsync("web");
        after.Child("spec")!.ContainsKey("suspend").Should().BeFalse();
        after.Annotation("platform.local/held-for").Should().BeNull();
        ImageOf(await platform.FindAsync("apps/v1", "Deployment", "web")).Should().Be("web:2");
    }

    [Fact]
    public async Task Switching_there_and_back_hands_fields_over_and_prunes_once()
    {
        await using var platform = await PlayedPlatform.StartAsync();
        var log = new ProgressLog();
        var all = Request(
            "shop",
            Service("web", DeploymentOf("web"), ConfigMap("web"), ConfigMap("old-a"), ConfigMap("old-b"))
        );
        var without = Request("shop", Service("web", DeploymentOf("web"), ConfigMap("web"), ConfigMap("old-b")));
        var bare = Request(
            "shop",
            Service(
                "web",
                DeploymentOf("web"),
                Yamlish("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"web"},"data":{}}""")
            )
        );

        await platform.Direct.DeliverAsync(all, log, Token);
        var there = await platform.DeliverAsync(without);
        var byFlux = await platform.FindAsync("v1", "ConfigMap", "web");
        var back = await platform.Direct.DeliverAsync(bare, log, Token);

        there.Changes.Where(c => c.Change == ChangeKind.Pruned).Select(c => c.Name).Should().Equal("old-a");
        PlayedPlatform.ManagersOf(byFlux).Should().Equal("kustomize-controller");
        back.Changes.Where(c => c.Change == ChangeKind.Pruned).Select(c => c.Name).Should().Equal("old-b");
        var map = await platform.FindAsync("v1", "ConfigMap", "web");
        PlayedPlatform.ManagersOf(map).Should().Equal("platform-local");
        map.Child("data").Text("key").Should().BeNull("a field that Flux applied goes when it is no longer delivered");
        map.Label("kustomize.toolkit.fluxcd.io/name").Should().BeNull();
        (await platform.KustomizationAsync("web")).Should().BeNull();
        (await platform.FindAsync(FluxKinds.SourceVersion, FluxKinds.OciRepository, "platform-delivery"))
            .Should()
            .BeNull();
        (await platform.FindAsync("v1", "ServiceAccount", "platform-delivery")).Should().BeNull();
        (await platform.FindAsync("apps/v1", "Deployment", "web")).Should().NotBeNull();
        Directory.EnumerateFiles(platform.Registry, "*", SearchOption.AllDirectories).Should().BeEmpty();
    }

    [Fact]
    public async Task A_service_that_goes_and_what_is_to_stay()
    {
        await using var platform = await PlayedPlatform.StartAsync();
        JsonObject kept = ConfigMap("kept");
        kept.Metadata()!["annotations"] = new JsonObject { [DeliveryLabels.Prune] = "disabled" };

        await platform.DeliverAsync(
            Request("shop", Service("web", ConfigMap("web"), kept), Service("gone", ConfigMap("gone")))
        );
        var result = await platform.DeliverAsync(Request("shop", Service("web", ConfigMap("web"))));

        result.Changes.Single(c => c.Name == "gone").Change.Should().Be(ChangeKind.Pruned);
        result.Changes.Single(c => c.Name == "kept").Change.Should().Be(ChangeKind.Kept);
        (await platform.KustomizationAsync("gone")).Should().BeNull();
        (await platform.FindAsync("v1", "ConfigMap", "gone")).Should().BeNull();
        (await platform.FindAsync("v1", "ConfigMap", "kept")).Should().NotBeNull();
    }

    [Fact]
    public async Task A_broken_image_is_told_with_its_pod_and_the_next_build_overtakes_it()
    {
        await using var platform = await PlayedPlatform.StartAsync();
        var broken = Service("web", DeploymentOf("web", "web:fail-1"));

        var deliver = () => platform.DeliverAsync(Request("shop", broken));
        var failure = (await deliver.Should().ThrowAsync<PlatformException>()).Which;
        var repaired = await platform.DeliverAsync(Request("shop", Service("web", DeploymentOf("web", "web:2"))));

        failure.Message.Should().Contain("CrashLoopBackOff");
        repaired.Changes.Single(c => c.Kind == "Deployment").Change.Should().Be(ChangeKind.Updated);
        ImageOf(await platform.FindAsync("apps/v1", "Deployment", "web")).Should().Be("web:2");
    }

    [Fact]
    public async Task What_cannot_be_changed_is_made_again_where_its_manifest_says_so()
    {
        await using var platform = await PlayedPlatform.StartAsync();
        static JsonObject Job(string image) =>
            Yamlish(
                """
                {"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"migrate"},
                 "spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"run","image":"IMAGE"}]}}}}
                """.Replace("IMAGE", image, StringComparison.Ordinal)
            );

        await platform.DeliverAsync(Request("shop", Service("web", Job("m:1"))));
        var result = await platform.DeliverAsync(Request("shop", Service("web", Job("m:2"))));

        result.Changes.Single(c => c.Kind == "Job").Change.Should().Be(ChangeKind.Recreated);
        ImageOf(await platform.FindAsync("batch/v1", "Job", "migrate")).Should().Be("m:2");
    }

    [Fact]
    public async Task What_was_suspended_by_hand_is_told_before_anything_is_delivered()
    {
        await using var platform = await PlayedPlatform.StartAsync();
        await platform.DeliverAsync(Request("shop", Service("web", ConfigMap("web"))));
        var reference = new ObjectReference(FluxKinds.KustomizeVersion, FluxKinds.Kustomization, "env-shop", "web");
        await SuspendAsync(true);

        var deliver = () => platform.DeliverAsync(Request("shop", Service("web", ConfigMap("web", "2"))));
        var refused = (await deliver.Should().ThrowAsync<PlatformException>()).Which;
        var builds = TagsOf(platform).Count;
        await SuspendAsync(false);
        await deliver();

        refused.Message.Should().Contain("Kustomization env-shop/web is suspended (spec.suspend)");
        refused.NextStep.Should().Contain("kubectl -n env-shop patch kustomization.kustomize.toolkit.fluxcd.io web");
        builds.Should().Be(1, "nothing was pushed");
        (await platform.FindAsync("v1", "ConfigMap", "web")).Child("data").Text("key").Should().Be("2");

        Task SuspendAsync(bool isSuspended) =>
            platform.Client.PatchAsync(
                reference,
                PatchKind.Merge,
                new JsonObject { ["spec"] = new JsonObject { ["suspend"] = isSuspended } },
                new WriteOptions { FieldManager = "flux" },
                Token
            );
    }

    [Fact]
    public async Task Somebody_elses_Kustomization_of_the_same_name_is_not_taken_over()
    {
        await using var platform = await PlayedPlatform.StartAsync();
        await platform.Direct.DeliverAsync(Request("shop", Service("web", ConfigMap("web"))), new ProgressLog(), Token);
        JsonObject foreign = Yamlish(
            """
            {"apiVersion":"kustomize.toolkit.fluxcd.io/v1","kind":"Kustomization","metadata":{"name":"web","namespace":"env-shop"},
             "spec":{"suspend":true,"interval":"10m","path":"./else","prune":true,"sourceRef":{"kind":"GitRepository","name":"theirs"}}}
            """
        );
        await platform.Client.CreateAsync(foreign, null, Token);

        var deliver = () => platform.DeliverAsync(Request("shop", Service("web", ConfigMap("web", "2"))));

        (await deliver.Should().ThrowAsync<PlatformException>())
            .Which.Message.Should()
            .Contain("Kustomization env-shop/web is there and the platform did not make it");
        (await platform.KustomizationAsync("web")).Child("spec").Text("path").Should().Be("./else");
        (await platform.FindAsync("v1", "ConfigMap", "web")).Child("data").Text("key").Should().Be("1");
        await platform.Direct.DeliverAsync(
            Request("shop", Service("web", ConfigMap("web", "3"))),
            new ProgressLog(),
            Token
        );
        (await platform.KustomizationAsync("web")).Should().NotBeNull("it is none of ours");
    }

    [Fact]
    public async Task A_registry_that_is_down_leaves_the_cluster_as_it_is()
    {
        await using var platform = await PlayedPlatform.StartAsync();
        await platform.Client.ApplyAsync(
            Yamlish("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"kube-public"}}"""),
            null,
            Token
        );
        await platform.Client.ApplyAsync(
            Yamlish(
                """
                {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"local-registry-hosting","namespace":"kube-public"},
                 "data":{"localRegistryHosting.v1":"host: \"localhost:1\"\nhostFromClusterNetwork: \"registry:5000\"\n"}}
                """
            ),
            null,
            Token
        );
        var down = platform.FluxOf("localhost:1");

        var deliver = () =>
            down.DeliverAsync(Request("shop", Service("web", ConfigMap("web"))), new ProgressLog(), Token);

        (await deliver.Should().ThrowAsync<PlatformException>()).Which.Message.Should().Contain("localhost:1");
        (await platform.FindAsync("v1", "Namespace", "env-shop", null)).Should().BeNull();
    }

    [Fact]
    public async Task A_registry_that_the_cluster_does_not_reach_is_told()
    {
        await using var platform = await PlayedPlatform.StartAsync();

        var deliver = () =>
            platform
                .FluxOf("localhost:5001")
                .DeliverAsync(Request("shop", Service("web", ConfigMap("web"))), new ProgressLog(), Token);

        (await deliver.Should().ThrowAsync<PlatformException>())
            .Which.Message.Should()
            .Contain("in the cluster that name is another machine");
    }

    [Fact]
    public async Task Controllers_that_do_not_run_are_told_and_what_they_were_asked_for_is_done_when_they_do()
    {
        await using var platform = await PlayedPlatform.StartAsync(isPlayed: false);
        var request = Request("shop", Service("web", ConfigMap("web")));
        var flux = platform.FluxOf(ClusterRegistry.EmbeddedName, TimeSpan.FromSeconds(1));

        var deliver = () => flux.DeliverAsync(request, new ProgressLog(), Token);
        var failure = (await deliver.Should().ThrowAsync<PlatformException>()).Which;
        platform.Play();
        await platform.DeliverAsync(request);

        failure.Message.Should().Contain("Flux does not answer: its source-controller");
        (await platform.FindAsync("v1", "ConfigMap", "web")).Should().NotBeNull();
    }

    [Fact]
    public async Task Controllers_that_were_removed_hold_no_removal_up()
    {
        await using var platform = await PlayedPlatform.StartAsync();
        await platform.DeliverAsync(Request("shop", Service("web", ConfigMap("web"))));
        await platform.StopPlayingAsync();

        var left = await platform.Direct.RemoveAsync("shop", "env-shop", Token);

        left.Should().BeEmpty();
        (await platform.FindAsync("v1", "Namespace", "env-shop", null)).Should().BeNull();
        (await platform.KustomizationAsync("web")).Should().BeNull();
    }

    [Fact]
    public async Task A_tag_that_was_moved_changes_nothing_and_is_put_back()
    {
        await using var platform = await PlayedPlatform.StartAsync();
        var request = Request("shop", Service("web", ConfigMap("web")));
        await platform.DeliverAsync(request);
        string tag = TagsOf(platform).Single();
        string pinned = await File.ReadAllTextAsync(tag, Token);
        await File.WriteAllTextAsync(tag, $"sha256:{new string('0', 64)}", Token);

        var again = await platform.DeliverAsync(request);

        again.Changes.Should().OnlyContain(c => c.Change == ChangeKind.Unchanged);
        (await File.ReadAllTextAsync(tag, Token)).Should().Be(pinned);
    }

    [Fact]
    public async Task What_a_destroyed_environment_had_is_gone_also_where_it_was_suspended()
    {
        await using var platform = await PlayedPlatform.StartAsync();
        await platform.DeliverAsync(Request("shop", Service("web", DeploymentOf("web"), ConfigMap("web"))));
        await platform.Client.PatchAsync(
            new ObjectReference(FluxKinds.KustomizeVersion, FluxKinds.Kustomization, "env-shop", "web"),
            PatchKind.Merge,
            new JsonObject { ["spec"] = new JsonObject { ["suspend"] = true } },
            null,
            Token
        );

        var left = await platform.Direct.RemoveAsync("shop", "env-shop", Token);

        left.Should().BeEmpty();
        (await platform.FindAsync("v1", "Namespace", "env-shop", null)).Should().BeNull();
        (await platform.KustomizationAsync("web")).Should().BeNull();
        Directory.EnumerateFiles(platform.Registry, "*", SearchOption.AllDirectories).Should().BeEmpty();
    }

    [Fact]
    public async Task The_same_build_is_the_same_artifact_and_two_environments_have_their_own()
    {
        await using var platform = await PlayedPlatform.StartAsync();
        JsonObject odd = ConfigMap("odd", "ümlaut 😀 \"quoted\" ${HOME} \u2028");

        await platform.DeliverAsync(Request("shop", Service("web", odd)));
        await platform.DeliverAsync(Request("cart", Service("web", ConfigMap("odd"))));
        var tags = TagsOf(platform);
        await platform.DeliverAsync(Request("shop", Service("web", odd)));

        tags.Should().HaveCount(2);
        TagsOf(platform).Should().Equal(tags);
        (await platform.FindAsync("v1", "ConfigMap", "odd"))
            .Child("data")
            .Text("key")
            .Should()
            .Be("ümlaut 😀 \"quoted\" ${HOME} \u2028");
        (await platform.FindAsync("v1", "ConfigMap", "odd"))
            .Annotation("kustomize.toolkit.fluxcd.io/substitute")
            .Should()
            .Be("disabled");
    }

    [Fact]
    public async Task Two_platforms_with_one_registry_keep_their_builds_apart()
    {
        await using var platform = await PlayedPlatform.StartAsync();
        await using var other = await PlayedPlatform.StartAsync(registry: platform);
        var request = Request("shop", Service("web", ConfigMap("web")));

        await platform.DeliverAsync(request);
        await other.DeliverAsync(request);
        int both = TagsOf(platform).Count;
        await platform.Direct.RemoveAsync("shop", "env-shop", Token);
        var again = await other.DeliverAsync(request);

        both.Should().Be(2, "clusters have repositories of their own");
        TagsOf(platform).Should().HaveCount(1);
        again.Changes.Should().OnlyContain(c => c.Change == ChangeKind.Unchanged);
        var source = await other.FindAsync(FluxKinds.SourceVersion, FluxKinds.OciRepository, "platform-delivery");
        source
            .Child("spec")
            .Text("url")
            .Should()
            .MatchRegex("^oci://registry.embedded/deliveries/test-[0-9a-f]{8}/shop$");
    }

    [Fact]
    public async Task Releases_are_played_too_and_fail_where_they_are_told_to()
    {
        await using var platform = await PlayedPlatform.StartAsync();
        JsonObject release = Yamlish(
            """
            {"apiVersion":"helm.toolkit.fluxcd.io/v2","kind":"HelmRelease","metadata":{"name":"cache"},
             "spec":{"interval":"10m","chartRef":{"kind":"OCIRepository","name":"cache"}}}
            """
        );
        JsonObject failing = (JsonObject)release.DeepClone();
        failing["spec"]!["interval"] = "5m";
        failing.Metadata()!["annotations"] = new JsonObject { ["platform.local/played-failure"] = "no such chart" };

        await platform.DeliverAsync(Request("shop", Service("cache", release)));
        var played = await platform.FindAsync("helm.toolkit.fluxcd.io/v2", "HelmRelease", "cache");
        var deliver = () =>
            platform.DeliverAsync(
                Request("shop", Service("cache", failing) with { Timeout = TimeSpan.FromSeconds(2) })
            );

        played.Condition("Ready").Text("message").Should().Be("nothing is installed (played)");
        (await deliver.Should().ThrowAsync<PlatformException>()).Which.Message.Should().Contain("no such chart");
    }

    private static string? ImageOf(JsonObject? workload) =>
        workload.Child("spec").Child("template").Child("spec").Items("containers").FirstOrDefault().Text("image");

    private static List<string> TagsOf(PlayedPlatform platform) =>
        [
            .. Directory
                .EnumerateFiles(platform.Registry, "*", SearchOption.AllDirectories)
                .Where(f => Path.GetFileName(Path.GetDirectoryName(f)) == "_tags")
                .Order(StringComparer.Ordinal),
        ];

    private static string Unpacked(string file)
    {
        byte[] content = File.ReadAllBytes(file);
        if (content is not [0x1f, 0x8b, ..])
        {
            return System.Text.Encoding.UTF8.GetString(content);
        }

        using var packed = new System.IO.Compression.GZipStream(
            new MemoryStream(content),
            System.IO.Compression.CompressionMode.Decompress
        );
        using var reader = new StreamReader(packed);
        return reader.ReadToEnd();
    }
}
