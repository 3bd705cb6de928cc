using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Http;

/// <summary>Definitions whose names are taken: by what is built in, or by another definition of their group.</summary>
public sealed class DefinitionNameTests(SharedCluster shared)
{
    private const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    private static string Definition(string plural, string group, string kind, string names = "") =>
        $$$"""
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"{{{plural}}}.{{{group}}}"},
            "spec":{"group":"{{{group}}}","scope":"Namespaced","names":{"plural":"{{{plural}}}","kind":"{{{kind}}}"{{{names}}}},"versions":[
            {"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true} } }]} }
            """;

    [Theory]
    [InlineData("deployments", "apps", "Deployment", "ListKindConflict", "DeploymentList")]
    [InlineData("deployments", "apps", "Gadget", "PluralConflict", "deployments")]
    [InlineData("gadgets", "apps", "StatefulSet", "ListKindConflict", "StatefulSetList")]
    [InlineData("jobs", "batch", "Job", "ListKindConflict", "JobList")]
    public async Task A_definition_named_like_a_built_in_kind_is_not_established(
        string plural,
        string group,
        string kind,
        string reason,
        string taken
    )
    {
        var made = await shared.Api.PostAsync(Definitions, Definition(plural, group, kind));

        made.Code.Should().Be(201);
        Condition(made, "NamesAccepted").Should().Be($"False {reason} \"{taken}\" is already in use");
        Condition(made, "Established").Should().Be("False NotAccepted not all names are accepted");
        await shared.Api.DeleteAsync($"{Definitions}/{plural}.{group}");
        await shared.Api.UntilAsync($"{Definitions}/{plural}.{group}", a => a.Code == 404);
    }

    [Fact]
    public async Task Built_in_kinds_work_beside_such_a_definition_and_survive_its_removal()
    {
        const string path = "/apis/apps/v1/namespaces/default/deployments";
        const string deployment = """
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"NAME"},"spec":{"replicas":0,"selector":{"matchLabels":{"a":"b"}},
            "template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}
            """;
        (await shared.Api.PostAsync(path, deployment.Replace("NAME", "before"))).Code.Should().Be(201);

        await shared.Api.PostAsync(Definitions, Definition("deployments", "apps", "Deployment"));
        var invalid = await shared.Api.PostAsync(
            path,
            """{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"x"},"spec":{"any":1}}"""
        );
        var valid = await shared.Api.PostAsync(path, deployment.Replace("NAME", "beside"));
        await shared.Api.DeleteAsync($"{Definitions}/deployments.apps");
        await shared.Api.UntilAsync($"{Definitions}/deployments.apps", a => a.Code == 404);

        invalid.Code.Should().Be(422);
        valid.Code.Should().Be(201);
        (await shared.Api.GetAsync(path + "/before")).Code.Should().Be(200);
        (await shared.Api.GetAsync(path + "/beside")).Code.Should().Be(200);
        await shared.Api.DeleteAsync(path + "/before");
        await shared.Api.DeleteAsync(path + "/beside");
    }

    [Fact]
    public async Task A_name_that_another_definition_has_is_free_when_that_is_gone()
    {
        const string group = "names.example.com";
        await shared.Api.PostAsync(Definitions, Definition("gadgets", group, "Gadget", ",\"shortNames\":[\"gd\"]"));

        var second = await shared.Api.PostAsync(
            Definitions,
            Definition("guards", group, "Guard", ",\"shortNames\":[\"gd\"]")
        );
        var refused = await shared.Api.GetAsync($"/apis/{group}/v1/namespaces/default/guards");
        await shared.Api.DeleteAsync($"{Definitions}/gadgets.{group}");
        var free = await shared.Api.UntilAsync(
            $"{Definitions}/guards.{group}",
            a => Condition(a, "Established").StartsWith("True", StringComparison.Ordinal)
        );

        Condition(second, "NamesAccepted").Should().Be("False ShortNamesConflict \"gd\" is already in use");
        refused.Code.Should().Be(404);
        Condition(free, "NamesAccepted").Should().StartWith("True NoConflicts");
        (await shared.Api.GetAsync($"/apis/{group}/v1/namespaces/default/guards")).Code.Should().Be(200);
    }

    private static string Condition(Answer answer, string type)
    {
        var found = answer.Body!["status"]!["conditions"]!
            .AsArray()
            .Single(c => c!["type"]!.GetValue<string>() == type)!;
        return $"{found["status"]} {found["reason"]} {found["message"]}";
    }
}
