using PlatformLocal.Testing;
using static PlatformLocal.Testing.Answers;

namespace PlatformLocal.Kubernetes.Tests;

public sealed class DiscoveryTests
{
    private const string Aggregated = """
        {"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","items":[
          {"metadata":{"name":"apps"},"versions":[{"version":"v1","freshness":"Current","resources":[
            {"resource":"deployments","responseKind":{"group":"apps","version":"v1","kind":"Deployment"},"scope":"Namespaced",
             "verbs":["get","list"],"shortNames":["deploy"],"subresources":[{"subresource":"status"}]}]}]},
          {"metadata":{"name":"metrics.k8s.io"},"versions":[{"version":"v1beta1","freshness":"Stale","resources":[]}]},
          {"metadata":{"name":"x.io"},"versions":[{"version":"v1","resources":[
            {"resource":"things","responseKind":{"kind":"Thing"},"scope":"Cluster","verbs":["get"]}]}]}]}
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_can_tell_everything_at_once_is_asked_once()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            (context, _) =>
                context.Request.Headers.Accept.ToString().Contains("as=APIGroupDiscoveryList", StringComparison.Ordinal)
                    ? context.SendAsync(200, Aggregated)
                    : context.SendAsync(406, ""),
            knowsKinds: false
        );
        using KubernetesClient client = server.Connect();

        ResourceMapping deployment = await client.Resources.MapAsync("apps/v1", "Deployment", Token);
        ResourceMapping thing = await client.Resources.MapAsync("x.io/v1", "Thing", Token);

        deployment.Path("shop", "web", "status").Should().Be("/apis/apps/v1/namespaces/shop/deployments/web/status");
        deployment.ShortNames.Should().Equal("deploy");
        thing.Path("shop", "a/b").Should().Be("/apis/x.io/v1/things/a%2Fb");
        server.Requests.Should().Equal("GET /apis");
    }

    [Fact]
    public async Task Many_who_ask_at_the_same_time_cause_one_request()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            (context, _) => context.SendAsync(200, Aggregated),
            knowsKinds: false
        );
        using KubernetesClient client = server.Connect();

        await Task.WhenAll(
            Enumerable
                .Range(0, 50)
                .Select(_ => Task.Run(async () => await client.Resources.MapAsync("apps/v1", "Deployment", Token)))
        );

        server.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task An_unknown_kind_is_asked_for_once_more_and_then_told_with_what_comes_near()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            (context, _) =>
                context.Request.Path == "/apis" ? context.SendAsync(200, Aggregated)
                : context.Request.Path == "/api" ? context.SendAsync(200, """{"kind":"APIVersions","versions":[]}""")
                : context.SendAsync(404, Status(404, "NotFound", "no such group")),
            knowsKinds: false
        );
        using KubernetesClient client = server.Connect();
        await client.Resources.MapAsync("apps/v1", "Deployment", Token);

        Func<Task> map = async () => await client.Resources.MapAsync("apps/v1", "Deploiment", Token);
        Func<Task> other = async () => await client.Resources.MapAsync("y.io/v1", "Whatever", Token);

        UnknownKindException fault = (await map.Should().ThrowAsync<UnknownKindException>()).Which;
        fault.Message.Should().Be("The cluster knows no Deploiment in apps/v1.");
        fault.NextStep.Should().StartWith("Did you mean apps/v1 Deployment?");
        (await other.Should().ThrowAsync<UnknownKindException>()).Which.Nearest.Should().BeEmpty();
    }

    [Fact]
    public async Task A_kind_that_appears_later_is_found()
    {
        string document = Aggregated;
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            (context, _) => context.SendAsync(200, document),
            knowsKinds: false
        );
        using KubernetesClient client = server.Connect();
        (await client.Resources.FindAsync("x.io/v1", "Gadget", Token)).Should().BeNull();
        document = document.Replace("Thing", "Gadget", StringComparison.Ordinal);

        (await client.Resources.FindAsync("x.io/v1", "Gadget", Token)).Should().NotBeNull();
        (await client.Resources.FindAsync("x.io/v1", "Thing", Token)).Should().BeNull("it is gone");
    }

    [Fact]
    public async Task An_old_server_is_asked_only_for_the_groups_that_are_needed()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            (context, _) =>
                context.Request.Path.Value switch
                {
                    "/apis" => context.SendAsync(
                        200,
                        """{"kind":"APIGroupList","groups":[{"name":"apps","versions":[{"groupVersion":"apps/v1"}]},{"name":"broken","versions":[{"groupVersion":"broken/v1"}]}]}"""
                    ),
                    "/api" => context.SendAsync(200, """{"kind":"APIVersions","versions":["v1"]}"""),
                    "/apis/apps/v1" => context.SendAsync(
                        200,
                        """{"kind":"APIResourceList","resources":[{"name":"deployments","kind":"Deployment","namespaced":true,"verbs":[]},{"name":"deployments/scale","kind":"Scale","namespaced":true,"verbs":[]}]}"""
                    ),
                    "/api/v1" => context.SendAsync(200, """{"kind":"APIResourceList","resources":[]}"""),
                    _ => context.SendAsync(503, ""),
                },
            knowsKinds: false
        );
        using KubernetesClient client = server.Connect();

        await client.Resources.MapAsync("apps/v1", "Deployment", Token);
        string[] asked = [.. server.Requests];
        IReadOnlyList<ResourceMapping> all = await client.Resources.ListAsync(Token);

        asked.Should().Equal("GET /apis", "GET /apis/apps/v1");
        all.Should()
            .ContainSingle("subresources are no kinds, and a broken group hides no other")
            .Which.Kind.Should()
            .Be("Deployment");
    }

    [Theory]
    [InlineData("", "abc", 3)]
    [InlineData("Deployment", "deployment", 0)]
    [InlineData("Ingress", "Ingres", 1)]
    [InlineData("kitten", "sitting", 3)]
    public void Nearness_counts_letters(string left, string right, int distance) =>
        PlatformLocal.Core.Text.Nearest.Distance(left, right).Should().Be(distance);
}
