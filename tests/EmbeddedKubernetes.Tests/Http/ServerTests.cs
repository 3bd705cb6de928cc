using System.Text.Json.Nodes;
using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Http;

/// <summary>Doors and kinds that clients expect of every server.</summary>
public sealed class ServerTests(SharedCluster shared)
{
    [Theory]
    [InlineData("node.k8s.io/v1", "RuntimeClass", "runtimeclasses", """ "handler":"h" """)]
    [InlineData("storage.k8s.io/v1", "CSIDriver", "csidrivers", """ "spec":{"podInfoOnMount":true} """)]
    [InlineData(
        "storage.k8s.io/v1",
        "CSINode",
        "csinodes",
        """ "spec":{"drivers":[{"name":"a.example.com","nodeID":"n"}]} """
    )]
    [InlineData(
        "storage.k8s.io/v1",
        "VolumeAttachment",
        "volumeattachments",
        """ "spec":{"attacher":"a","nodeName":"n","source":{"persistentVolumeName":"v"}} """
    )]
    [InlineData(
        "storage.k8s.io/v1",
        "VolumeAttributesClass",
        "volumeattributesclasses",
        """ "driverName":"a.example.com" """
    )]
    [InlineData(
        "certificates.k8s.io/v1",
        "CertificateSigningRequest",
        "certificatesigningrequests",
        """ "spec":{"request":"eA==","signerName":"example.com/x","usages":["client auth"]} """
    )]
    [InlineData(
        "apiregistration.k8s.io/v1",
        "APIService",
        "apiservices",
        """ "spec":{"group":"x.example.com","version":"v1","groupPriorityMinimum":100,"versionPriority":100,"service":{"name":"s","namespace":"n"}} """
    )]
    [InlineData(
        "flowcontrol.apiserver.k8s.io/v1",
        "FlowSchema",
        "flowschemas",
        """ "spec":{"priorityLevelConfiguration":{"name":"exempt"}} """
    )]
    public async Task Further_kinds_of_a_server_are_kept(string version, string kind, string plural, string rest)
    {
        var path = $"/apis/{version}/{plural}";
        var name = plural == "apiservices" ? "v1.x.example.com" : "kept";
        var made = await shared.Api.PostAsync(
            path,
            $$$"""{"apiVersion":"{{{version}}}","kind":"{{{kind}}}","metadata":{"name":"{{{name}}}"},{{{rest}}}}"""
        );
        made.Code.Should().Be(201, "{0}", made);
        (await shared.Api.GetAsync($"{path}/{name}")).Code.Should().Be(200);
        (await shared.Api.DeleteAsync($"{path}/{name}")).Code.Should().Be(200);
    }

    [Fact]
    public async Task A_request_for_a_certificate_is_approved_at_its_own_door()
    {
        const string path = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
        await shared.Api.PostAsync(
            path,
            """{"metadata":{"name":"approved"},"spec":{"request":"eA==","signerName":"example.com/x","usages":["client auth"]}}"""
        );
        var request = (await shared.Api.GetAsync(path + "/approved")).Object;
        request["spec"]!["username"]!.GetValue<string>().Should().Be("embedded-admin");
        request["status"] = JsonNode.Parse(
            """{"conditions":[{"type":"Approved","status":"True","reason":"ByTest","message":"m"}]}"""
        );
        (await shared.Api.PutAsync(path + "/approved/approval", request.ToJsonString())).Code.Should().Be(200);
        var approved = await shared.Api.GetAsync(path + "/approved");
        approved.Body!["status"]!["conditions"]![0]!["type"]!.GetValue<string>().Should().Be("Approved");
        await shared.Api.DeleteAsync(path + "/approved");
    }

    [Fact]
    public async Task A_pod_of_a_runtime_class_that_is_missing_is_refused_and_takes_the_overhead_of_one_that_is_there()
    {
        var ns = await shared.NewNamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/pods";
        var pod =
            $$$"""{"metadata":{"name":"p"},"spec":{"runtimeClassName":"{{{ns}}}","containers":[{"name":"c","image":"i:1"}] } }""";
        var refused = await shared.Api.PostAsync(path, pod);
        refused.Code.Should().Be(403);
        refused.Body!["message"]!
            .GetValue<string>()
            .Should()
            .Be($"pods \"p\" is forbidden: pod rejected: RuntimeClass \"{ns}\" not found");
        await shared.Api.PostAsync(
            "/apis/node.k8s.io/v1/runtimeclasses",
            $$$"""{"metadata":{"name":"{{{ns}}}"},"handler":"h","overhead":{"podFixed":{"cpu":"250m"} } }"""
        );
        var made = await shared.Api.PostAsync(path, pod);
        made.Code.Should().Be(201);
        made.Body!["spec"]!["overhead"]!["cpu"]!.GetValue<string>().Should().Be("250m");
    }

    [Theory]
    [InlineData("validatingadmissionpolicies", "ValidatingAdmissionPolicy")]
    [InlineData("validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding")]
    public async Task Policies_that_would_have_no_effect_are_refused(string plural, string kind)
    {
        var path = "/apis/admissionregistration.k8s.io/v1/" + plural;
        var refused = await shared.Api.PostAsync(
            path,
            $$$"""{"apiVersion":"admissionregistration.k8s.io/v1","kind":"{{{kind}}}","metadata":{"name":"p"},"spec":{"failurePolicy":"Fail"} }"""
        );
        refused.Code.Should().Be(422);
        refused.Body!["message"]!.GetValue<string>().Should().Contain("does not evaluate admission policies");
    }

    [Fact]
    public async Task A_service_account_gets_a_token_that_says_who_it_is_and_opens_nothing()
    {
        var ns = await shared.NewNamespaceAsync();
        var accounts = $"/api/v1/namespaces/{ns}/serviceaccounts";
        await shared.Api.PostAsync(accounts, """{"metadata":{"name":"bob"}}""");
        (await shared.Api.PostAsync(accounts + "/absent/token", "{}")).Code.Should().Be(404);
        (await shared.Api.PostAsync(accounts + "/bob/token", """{"spec":{"expirationSeconds":1}}"""))
            .Code.Should()
            .Be(422);
        var made = await shared.Api.PostAsync(accounts + "/bob/token", """{"spec":{"audiences":["me"]}}""");
        made.Code.Should().Be(201, "{0}", made);
        var token = made.Body!["status"]!["token"]!.GetValue<string>();
        var review = await shared.Api.PostAsync(
            "/apis/authentication.k8s.io/v1/tokenreviews",
            $$$"""{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{"token":"{{{token}}}"} }"""
        );
        review.Body!["status"]!["authenticated"]!.GetValue<bool>().Should().BeTrue();
        review.Body["status"]!["user"]!["username"]!.GetValue<string>().Should().Be($"system:serviceaccount:{ns}:bob");
        using var bob = new ApiClient(shared.Cluster.Server, token);
        (await bob.GetAsync("/api/v1/namespaces")).Code.Should().Be(403);
        using var forged = new ApiClient(shared.Cluster.Server, token[..^2] + "xx");
        (await forged.GetAsync("/api/v1/namespaces")).Code.Should().Be(401);
    }

    [Fact]
    public async Task A_container_can_be_added_to_a_running_pod()
    {
        var ns = await shared.NewNamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/pods";
        await shared.Api.PostAsync(
            path,
            """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i:1"}]}}"""
        );
        await shared.Api.UntilAsync(path + "/p", a => a.Body!["status"]!["phase"]!.GetValue<string>() == "Running");
        var added = await shared.Api.SendAsync(
            "PATCH",
            path + "/p/ephemeralcontainers",
            """{"spec":{"ephemeralContainers":[{"name":"debug","image":"busybox","targetContainerName":"c"}]}}""",
            ApiClient.StrategicPatch
        );
        added.Code.Should().Be(200, "{0}", added);
        var pod = await shared.Api.UntilAsync(
            path + "/p",
            a => a.Body!["status"]!["ephemeralContainerStatuses"] is not null
        );
        pod.Body!["status"]!["ephemeralContainerStatuses"]![0]!["state"]!["running"].Should().NotBeNull();
        pod.Body["status"]!["phase"]!.GetValue<string>().Should().Be("Running");
    }

    [Fact]
    public async Task Versions_that_are_not_there_yet_or_no_longer_are_said_to_be_so()
    {
        var ns = await shared.NewNamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/configmaps";
        foreach (var where in (string[])[path, path + "/absent"])
        {
            var future = await shared.Api.GetAsync(where + "?resourceVersion=99999999");
            future.Code.Should().Be(504);
            future.Reason.Should().Be("Timeout");
            future.Body!["details"]!["causes"]![0]!["reason"]!
                .GetValue<string>()
                .Should()
                .Be("ResourceVersionTooLarge");
        }
        var past = await shared.Api.GetAsync(path + "?resourceVersion=1&resourceVersionMatch=Exact&limit=5");
        (past.Code is 200 or 410).Should().BeTrue("{0}", past);
        (await shared.Api.GetAsync(path + "?resourceVersion=0&resourceVersionMatch=Exact")).Code.Should().Be(422);
        (await shared.Api.GetAsync(path + "?resourceVersion=5&resourceVersionMatch=Foo")).Code.Should().Be(422);
        (await shared.Api.GetAsync(path + "?resourceVersionMatch=Exact")).Code.Should().Be(422);
    }

    [Fact]
    public async Task An_exact_version_is_listed_as_it_was()
    {
        var ns = await shared.NewNamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/configmaps";
        await shared.Api.PostAsync(path, """{"metadata":{"name":"a"},"data":{"k":"1"}}""");
        await shared.Api.PostAsync(path, """{"metadata":{"name":"b"}}""");
        var version = (await shared.Api.GetAsync(path)).Version;
        await shared.Api.PutAsync(path + "/a", """{"metadata":{"name":"a"},"data":{"k":"2"}}""");
        await shared.Api.DeleteAsync(path + "/b");
        await shared.Api.PostAsync(path, """{"metadata":{"name":"c"}}""");
        var then = await shared.Api.GetAsync($"{path}?resourceVersion={version}&resourceVersionMatch=Exact");
        then.Version.Should().Be(version);
        then.Body!["items"]!
            .AsArray()
            .Select(i => $"{i!["metadata"]!["name"]}={i["data"]?["k"]}")
            .Where(i => !i.StartsWith("kube-root-ca", StringComparison.Ordinal))
            .Should()
            .Equal("a=1", "b=");
    }

    [Fact]
    public async Task Events_are_listed_in_their_order_and_without_their_names()
    {
        var ns = await shared.NewNamespaceAsync();
        await shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/pods",
            """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i:1"}]}}"""
        );
        var events = $"/api/v1/namespaces/{ns}/events";
        var list = await shared.Api.UntilAsync(events, a => a.Body!["items"]!.AsArray().Count == 3);
        list.Body!["items"]!
            .AsArray()
            .Select(e => e!["reason"]!.GetValue<string>())
            .Should()
            .Equal("Scheduled", "Pulled", "Started");
        var table = await shared.Api.SendAsync("GET", events, accept: "application/json;as=Table;v=v1;g=meta.k8s.io");
        table.Body!["columnDefinitions"]!
            .AsArray()
            .Where(c => c!["priority"]!.GetValue<int>() == 0)
            .Select(c => c!["name"]!.GetValue<string>())
            .Should()
            .Equal("Last Seen", "Type", "Reason", "Object", "Message");
    }

    [Fact]
    public async Task Metrics_tell_how_many_objects_there_are()
    {
        var metrics = await shared.Api.GetAsync("/metrics");
        metrics.Code.Should().Be(200);
        metrics
            .Body!.GetValue<string>()
            .Should()
            .MatchRegex("(?m)^apiserver_storage_objects\\{resource=\"namespaces\"\\} [0-9]+$");
    }
}
