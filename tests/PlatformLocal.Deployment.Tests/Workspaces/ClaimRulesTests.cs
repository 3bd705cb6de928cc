using System.Text.Json.Nodes;
using PlatformLocal.Core.Documents;
using PlatformLocal.Core.Environments;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Testing;

namespace PlatformLocal.Deployment.Tests.Workspaces;

/// <summary>What a claim may bring along.</summary>
public sealed class ClaimRulesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("web:1.0.0")]
    [InlineData("user-repos/anna-local-repo/web:1.0.0")]
    [InlineData("registry.test:5000/any/thing@sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("sources.test/oci/web:1")]
    [InlineData("ghcr.io/shop/web:1")]
    [InlineData("ghcr.io/shop/deeper/web:1")]
    [InlineData("quay.io/own/web:2")]
    [InlineData("docker.io/nginx:1.27")]
    public void Images_of_registries_that_the_workspace_names_are_taken(string image) =>
        FaultsOf($$"""{"version":"1.0.0","docker_image":"{{image}}"}""").Should().BeEmpty();

    [Theory]
    [InlineData("evil.test/web:1")]
    [InlineData("ghcr.io/shopping/web:1")]
    [InlineData("ghcr.io/other/web:1")]
    [InlineData("quay.io/own/web-too:1")]
    [InlineData("registry.test/web:1")]
    [InlineData("registry.test:50001/web:1")]
    [InlineData("registry.test:5000@evil.test/web:1")]
    [InlineData("registry.test:5000.evil.test/web:1")]
    [InlineData("ghcr.io/shop/../other/web:1")]
    [InlineData("docker.io/evil/web:1")]
    [InlineData("localhost/web:1")]
    [InlineData("127.0.0.1:9/web:1")]
    public void Images_of_others_are_refused(string image) =>
        FaultsOf($$"""{"version":"1.0.0","docker_image":"{{image}}"}""")
            .Should()
            .ContainSingle()
            .Which.Path.Should()
            .Be("services.web.docker_image");

    [Fact]
    public void A_playbook_is_refused_until_the_workspace_allows_it_and_then_only_from_where_it_names()
    {
        const string own = """{"version":"1.0.0","ansible_artifact":"oci-releases/web-ansible:1.0.0"}""";
        const string foreign = """{"version":"1.0.0","ansible_artifact":"evil.test/web-ansible:1.0.0"}""";
        const string image = """{"version":"1.0.0","ansible_artifact":"quay.io/own/web:1.0.0"}""";

        FaultsOf(own).Should().ContainSingle().Which.Message.Should().Contain("spec.claims.playbooks: true");
        FaultsOf(own, "playbooks: true").Should().BeEmpty();
        FaultsOf(foreign, "playbooks: true").Should().ContainSingle().Which.Message.Should().Contain("does not name");
        FaultsOf(image, "playbooks: true").Should().ContainSingle("a service's image names no place for playbooks");
        FaultsOf(foreign).Should().HaveCount(2, "all faults are told at once");
    }

    [Fact]
    public void What_claims_may_do_is_read_and_its_faults_are_told_at_once()
    {
        var read = Workspace("gracePeriod: 5m, playbooks: true").Claims;
        var act = () => Workspace("gracePeriod: soon, playbooks: 1, more: x", registries: "\"http://x\"");

        read.GracePeriod.Should().Be(TimeSpan.FromMinutes(5));
        read.AllowsPlaybooks.Should().BeTrue();
        act.Should()
            .Throw<InvalidDocumentException>()
            .Which.Faults.Select(f => f.Path)
            .Should()
            .BeEquivalentTo(
                "spec.claims.gracePeriod",
                "spec.claims.playbooks",
                "spec.claims.more",
                "spec.claims.registries"
            );
    }

    private IReadOnlyList<Fault> FaultsOf(string service, string rules = "")
    {
        var workspace = Workspace(rules);
        var source = (JsonObject)
            JsonNode.Parse(
                $$"""
                {"user":"anna","environment_name":"shop","environment_type":"dev","creation_date":"2026-11-21",
                 "services":{"web":{{service}} } }
                """
            )!;
        var claim = ClaimReader.Read(source, workspace.Types, "The claim");
        try
        {
            ClaimRules.Require(claim, workspace, _ => "quay.io/own/web");
            return [];
        }
        catch (InvalidDocumentException e)
        {
            return e.Faults;
        }
    }

    private Workspace Workspace(string rules, string registries = "ghcr.io/shop, docker.io/library/nginx")
    {
        _folder.Write(
            "platform.yaml",
            $$"""
            apiVersion: platform.local/v1alpha1
            kind: Platform
            metadata: {name: test}
            spec:
              registry: registry.test:5000
              serviceSources: [{oci: sources.test, services: [api]}]
              claims: {registries: [{{registries}}]{{(rules.Length > 0 ? ", " + rules : "")}}}
            """
        );
        return WorkspaceReader.Read(_folder.Path);
    }
}
