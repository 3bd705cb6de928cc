using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Differential;

/// <summary>The same requests, to a real kube-apiserver and to ours.</summary>
public sealed class SequenceTests(SharedCluster shared, RealServer server)
{
    private const string ConfigMaps = "/api/v1/namespaces/default/configmaps";
    private const string Deployments = "/apis/apps/v1/namespaces/default/deployments";
    private const string Services = "/api/v1/namespaces/default/services";

    private async Task CompareAsync(params Step[] steps)
    {
        Assert.SkipUnless(RealServer.IsThere, RealServer.WhySkipped);
        var real = await server.StartAsync();
        await Comparison.CompareAsync(real, shared.Api, steps);
    }

    private static Step Apply(string path, string body, string manager = "one", bool force = false) =>
        new("PATCH", $"{path}?fieldManager={manager}{(force ? "&force=true" : "")}", body, ApiClient.ApplyPatch);

    private static string ConfigMap(string name, string data, string more = "") =>
        $$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{name}}"{{more}}},"data":{{data}}}""";

    private static string Deployment(
        string name,
        string spec,
        string labels = """{"app":"d"}""",
        string containers = """[{"name":"c","image":"i:1"}]"""
    ) =>
        $$$"""
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"{{{name}}}"},"spec":{
            "selector":{"matchLabels":{"app":"d"}},{{{spec}}}
            "template":{"metadata":{"labels":{{{labels}}} },"spec":{"containers":{{{containers}}} } } } }
            """;

    [Fact]
    public Task Creating_twice_and_getting_what_is_not_there_fails_alike() =>
        CompareAsync(
            new("POST", ConfigMaps, ConfigMap("twice", """{"a":"1"}""")),
            new("POST", ConfigMaps, ConfigMap("twice", """{"a":"1"}""")),
            new("GET", ConfigMaps + "/absent"),
            new("PUT", ConfigMaps + "/absent", ConfigMap("absent", "{}")),
            new("DELETE", ConfigMaps + "/absent"),
            new("GET", "/api/v1/namespaces/default/nonsense"),
            new("GET", "/apis/none.example.com/v1/things"),
            new("POST", ConfigMaps, ConfigMap("Bad_Name", "{}")),
            new("POST", ConfigMaps, "{}"),
            new("POST", ConfigMaps, "nonsense"),
            new("POST", ConfigMaps, """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"}}"""),
            new(
                "POST",
                ConfigMaps,
                """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","namespace":"other"}}"""
            ),
            new("POST", "/api/v1/namespaces/absent/configmaps", ConfigMap("x", "{}")),
            new("DELETE", ConfigMaps + "/twice")
        );

    [Fact]
    public Task Updating_with_an_old_version_or_a_wrong_uid_conflicts_alike() =>
        CompareAsync(
            new("POST", ConfigMaps, ConfigMap("stale", """{"a":"1"}""")),
            new("PUT", ConfigMaps + "/stale", ConfigMap("stale", """{"a":"2"}""")),
            new("PUT", ConfigMaps + "/stale", ConfigMap("stale", """{"a":"3"}""", ""","resourceVersion":"1" """)),
            new("PUT", ConfigMaps + "/stale", ConfigMap("stale", """{"a":"3"}""", ""","uid":"wrong" """)),
            new("PUT", ConfigMaps + "/stale", ConfigMap("other", """{"a":"3"}""")),
            new("DELETE", ConfigMaps + "/stale", """{"preconditions":{"uid":"wrong"}}"""),
            new("PATCH", ConfigMaps + "/stale", """{"metadata":{"resourceVersion":"1"}}""", ApiClient.MergePatch),
            new("DELETE", ConfigMaps + "/stale")
        );

    [Fact]
    public Task Applying_records_owners_and_conflicts_alike() =>
        CompareAsync(
            Apply(ConfigMaps + "/applied", ConfigMap("applied", """{"a":"1","b":"1"}""")),
            Apply(ConfigMaps + "/applied", ConfigMap("applied", """{"a":"1","b":"1"}""")),
            Apply(ConfigMaps + "/applied", ConfigMap("applied", """{"b":"2"}"""), "two"),
            Apply(ConfigMaps + "/applied", ConfigMap("applied", """{"b":"1","c":"1"}"""), "two"),
            Apply(ConfigMaps + "/applied", ConfigMap("applied", """{"a":"1"}""")),
            Apply(ConfigMaps + "/applied", ConfigMap("applied", """{"b":"3"}"""), "one", force: true),
            new("PATCH", ConfigMaps + "/applied", """{"data":{"b":"4","d":"1"}}""", ApiClient.MergePatch),
            Apply(ConfigMaps + "/applied", ConfigMap("applied", """{"b":"3"}""")),
            Apply(ConfigMaps + "/applied", ConfigMap("applied", """{"b":"4"}""")),
            new("PUT", ConfigMaps + "/applied?fieldManager=putter", ConfigMap("applied", """{"z":"1"}""")),
            Apply(ConfigMaps + "/applied", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"applied"}}"""),
            new("DELETE", ConfigMaps + "/applied")
        );

    [Fact]
    public Task Applying_without_a_manager_or_with_a_wrong_name_is_refused_alike() =>
        CompareAsync(
            new("PATCH", ConfigMaps + "/nobody", ConfigMap("nobody", "{}"), ApiClient.ApplyPatch),
            Apply(ConfigMaps + "/nobody", ConfigMap("another", "{}")),
            new("PATCH", ConfigMaps + "/nobody?force=true", "{}", ApiClient.MergePatch),
            new("PATCH", ConfigMaps + "/nobody", "{}", ApiClient.MergePatch)
        );

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("f")]
    [InlineData("F")]
    [InlineData("t")]
    [InlineData("T")]
    [InlineData("false")]
    [InlineData("FALSE")]
    [InlineData("False")]
    [InlineData("fAlSe")]
    [InlineData("true")]
    [InlineData("TRUE")]
    [InlineData("True")]
    [InlineData("yes")]
    [InlineData("no")]
    [InlineData("nonsense")]
    public Task A_flag_of_the_query_is_read_alike(string value) =>
        CompareAsync(
            new("PATCH", $"{ConfigMaps}/absent?force={value}", "{}", ApiClient.MergePatch),
            Apply(ConfigMaps + "/flag", ConfigMap("flag", """{"a":"1"}""")),
            new(
                "PATCH",
                $"{ConfigMaps}/flag?fieldManager=two&force={value}",
                ConfigMap("flag", """{"a":"2"}"""),
                ApiClient.ApplyPatch
            ),
            new("DELETE", ConfigMaps + "/flag")
        );

    [Fact]
    public Task Deployments_get_the_same_defaults() =>
        CompareAsync(
            new(
                "POST",
                Deployments,
                Deployment(
                    "defaults",
                    "",
                    containers: """
                    [{"name":"c","image":"i","ports":[{"containerPort":80}],"livenessProbe":{"httpGet":{"port":80}},
                    "env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}],
                    "volumeMounts":[{"name":"v","mountPath":"/v"},{"name":"e","mountPath":"/e"}]}],
                    "volumes":[{"name":"v","configMap":{"name":"x"}},{"name":"e"}],
                    "serviceAccountName":"bob"
                    """
                )
            ),
            new("DELETE", Deployments + "/defaults"),
            new("POST", Deployments, Deployment("recreate", """ "strategy":{"type":"Recreate"},"replicas":0, """)),
            new("DELETE", Deployments + "/recreate")
        );

    [Fact]
    public Task Invalid_deployments_are_refused_with_the_same_causes() =>
        CompareAsync(
            new("POST", Deployments, Deployment("invalid", "", labels: """{"app":"other"}""")),
            new("POST", Deployments, Deployment("invalid", "", containers: """[{"name":"c"}]""")),
            new(
                "POST",
                Deployments,
                Deployment("invalid", "", containers: """[{"name":"c","image":"i"},{"name":"c","image":"i"}]""")
            ),
            new("POST", Deployments, Deployment("invalid", "", containers: "[]")),
            new("POST", Deployments, Deployment("invalid", """ "replicas":-1, """)),
            new(
                "POST",
                Deployments,
                Deployment(
                    "invalid",
                    "",
                    containers: """[{"name":"c","image":"i","ports":[{"containerPort":0},{"containerPort":80,"name":"waytoolongportname"}]}]"""
                )
            ),
            new(
                "POST",
                Deployments,
                Deployment(
                    "invalid",
                    "",
                    containers: """[{"name":"c","image":"i","volumeMounts":[{"name":"no","mountPath":"/x"}]}]"""
                )
            ),
            new(
                "POST",
                Deployments,
                """{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"invalid"},"spec":{"template":{"spec":{"containers":[{"name":"c","image":"i"}]}}}}"""
            ),
            new("POST", Deployments, Deployment("invalid", """ "replicas":"three", """)),
            new(
                "POST",
                Deployments,
                Deployment("invalid", "", containers: """[{"name":"c","image":"i","imagePullPolicy":"Sometimes"}]""")
            ),
            new(
                "POST",
                Deployments,
                Deployment(
                    "invalid",
                    "",
                    containers: """[{"name":"C_x","image":"i","resources":{"requests":{"cpu":"2"},"limits":{"cpu":"1"}}}]"""
                )
            )
        );

    [Fact]
    public Task Recreate_is_refused_beside_the_bounds_of_a_rolling_update_that_are_already_there() =>
        CompareAsync(
            Apply(Deployments + "/recr", Deployment("recr", """ "replicas":0, """)),
            Apply(Deployments + "/recr", Deployment("recr", """ "replicas":0,"strategy":{"type":"Recreate"}, """)),
            new("DELETE", Deployments + "/recr")
        );

    [Fact]
    public Task A_stored_version_of_a_definition_cannot_be_left_out()
    {
        const string path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.up.example.test";
        return CompareAsync(
            Apply(path, Things("""{"name":"v1alpha1","served":true,"storage":true,@}""")),
            Apply(
                path,
                Things(
                    """{"name":"v1alpha1","served":true,"storage":false,@},{"name":"v1","served":true,"storage":true,@}"""
                )
            ),
            Apply(path, Things("""{"name":"v1","served":true,"storage":true,@}""")),
            new("DELETE", path)
        );
    }

    private static string Things(string versions) =>
        $$$"""
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"things.up.example.test"},
            "spec":{"group":"up.example.test","scope":"Namespaced","names":{"plural":"things","singular":"thing","kind":"Thing"},
            "versions":[{{{versions.Replace("@", Open, StringComparison.Ordinal)}}}]}}
            """;

    private const string Open =
        """ "schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}} """;

    [Fact]
    public Task A_claim_that_is_not_bound_cannot_change()
    {
        const string path = "/api/v1/namespaces/default/persistentvolumeclaims";
        return CompareAsync(
            new(
                "POST",
                path,
                """{"metadata":{"name":"c","finalizers":["kubernetes.io/pvc-protection"]},"spec":{"accessModes":["ReadWriteOnce"],"storageClassName":"absent","resources":{"requests":{"storage":"2Gi"}}}}"""
            ),
            new(
                "PATCH",
                path + "/c",
                """{"spec":{"resources":{"requests":{"storage":"1Gi"}}}}""",
                ApiClient.MergePatch
            ),
            new(
                "PATCH",
                path + "/c",
                """{"spec":{"resources":{"requests":{"storage":"3Gi"}}}}""",
                ApiClient.MergePatch
            ),
            new("PATCH", path + "/c", """{"metadata":{"finalizers":null}}""", ApiClient.MergePatch),
            new("DELETE", path + "/c")
        );
    }

    [Fact]
    public Task Claims_and_volumes_are_protected_from_deletion_alike()
    {
        const string claims = "/api/v1/namespaces/default/persistentvolumeclaims";
        const string volumes = "/api/v1/persistentvolumes";
        const string spec =
            """ "spec":{"accessModes":["ReadWriteOnce"],"storageClassName":"absent","resources":{"requests":{"storage":"2Gi"}}} """;
        const string volume =
            """ "spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],"storageClassName":"other","hostPath":{"path":"/v"}} """;
        return CompareAsync(
            new("POST", claims, $$"""{"metadata":{"name":"guarded"},{{spec}}}"""),
            new("GET", claims + "/guarded"),
            new("POST", claims, $$"""{"metadata":{"name":"mine","finalizers":["example.test/mine"]},{{spec}}}"""),
            Apply(
                claims + "/applied",
                $$"""{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"applied"},{{spec}}}"""
            ),
            Apply(
                claims + "/applied",
                $$"""{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"applied"},{{spec}}}"""
            ),
            new("POST", volumes, $$"""{"metadata":{"name":"guarded"},{{volume}}}"""),
            new("PATCH", claims + "/mine", """{"metadata":{"finalizers":null}}""", ApiClient.MergePatch),
            new("DELETE", claims + "/guarded"),
            new("DELETE", claims + "/mine"),
            new("DELETE", claims + "/applied"),
            new("DELETE", volumes + "/guarded")
        );
    }

    [Fact]
    public Task What_is_fixed_in_classes_cannot_change() =>
        CompareAsync(
            new("POST", "/apis/scheduling.k8s.io/v1/priorityclasses", """{"metadata":{"name":"fixed"},"value":5}"""),
            new("PATCH", "/apis/scheduling.k8s.io/v1/priorityclasses/fixed", """{"value":6}""", ApiClient.MergePatch),
            new("DELETE", "/apis/scheduling.k8s.io/v1/priorityclasses/fixed"),
            new(
                "POST",
                "/apis/storage.k8s.io/v1/storageclasses",
                """{"metadata":{"name":"fixed"},"provisioner":"x"}"""
            ),
            new(
                "PATCH",
                "/apis/storage.k8s.io/v1/storageclasses/fixed",
                """{"reclaimPolicy":"Retain","parameters":{"a":"b"}}""",
                ApiClient.MergePatch
            ),
            new("DELETE", "/apis/storage.k8s.io/v1/storageclasses/fixed")
        );

    [Fact]
    public Task A_selector_cannot_change() =>
        CompareAsync(
            new("POST", Deployments, Deployment("fixed", """ "replicas":0, """)),
            new(
                "PATCH",
                Deployments + "/fixed",
                """{"spec":{"selector":{"matchLabels":{"app":"e"}},"template":{"metadata":{"labels":{"app":"e"}}}}}""",
                ApiClient.MergePatch
            ),
            new("DELETE", Deployments + "/fixed")
        );

    [Fact]
    public Task Containers_are_applied_by_name_and_ports_by_number() =>
        CompareAsync(
            Apply(
                Deployments + "/lists",
                Deployment(
                    "lists",
                    """ "replicas":0, """,
                    containers: """
                    [{"name":"a","image":"i:1","ports":[{"containerPort":80,"protocol":"TCP"}],"env":[{"name":"X","value":"1"},{"name":"Y","value":"1"}]},{"name":"b","image":"i:1"}]
                    """
                )
            ),
            Apply(
                Deployments + "/lists",
                Deployment(
                    "lists",
                    """ "replicas":0, """,
                    containers: """
                    [{"name":"c","image":"i:1"}]
                    """
                ),
                "two"
            ),
            Apply(
                Deployments + "/lists",
                Deployment(
                    "lists",
                    """ "replicas":0, """,
                    containers: """
                    [{"name":"a","image":"i:2","env":[{"name":"Y","value":"2"},{"name":"Z","value":"1"}]}]
                    """
                )
            ),
            Apply(
                Deployments + "/lists",
                Deployment(
                    "lists",
                    "",
                    containers: """
                    [{"name":"a","image":"i:3"}]
                    """
                ),
                "two"
            ),
            Apply(
                Deployments + "/lists",
                Deployment(
                    "lists",
                    "",
                    containers: """
                    [{"name":"a","image":"i:3"}]
                    """
                ),
                "two",
                force: true
            ),
            Apply(
                Deployments + "/lists",
                Deployment(
                    "lists",
                    """ "replicas":0, """,
                    containers: """
                    [{"name":"b","image":"i:1"}]
                    """
                )
            ),
            new("DELETE", Deployments + "/lists")
        );

    [Fact]
    public Task Strategic_merges_follow_keys_and_directives() =>
        CompareAsync(
            new(
                "POST",
                Deployments,
                Deployment(
                    "strategic",
                    """ "replicas":0, """,
                    containers: """
                    [{"name":"a","image":"i:1","args":["x","y"],"ports":[{"containerPort":80},{"containerPort":81}],"env":[{"name":"X","value":"1"},{"name":"Y","value":"1"}]},{"name":"b","image":"i:1"}],
                    "volumes":[{"name":"v","emptyDir":{}}],"nodeSelector":{"k":"v"}
                    """
                )
            ),
            Strategic("""{"spec":{"template":{"spec":{"containers":[{"name":"a","image":"i:2","args":["z"]}]}}}}"""),
            Strategic(
                """{"spec":{"template":{"spec":{"containers":[{"name":"b","$patch":"delete"},{"name":"c","image":"i:1"}]}}}}"""
            ),
            Strategic(
                """{"spec":{"template":{"spec":{"containers":[{"name":"a","env":[{"name":"X","$patch":"delete"},{"name":"Z","value":"1"}],"ports":[{"containerPort":81,"name":"p"}]}]}}}}"""
            ),
            Strategic(
                """{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"c"},{"name":"a"}],"containers":[{"name":"c","image":"i:2"}]}}}}"""
            ),
            Strategic("""{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}"""),
            Strategic(
                """{"spec":{"template":{"spec":{"volumes":[{"name":"v","$retainKeys":["name","configMap"],"configMap":{"name":"m"}}]}}}}"""
            ),
            Strategic("""{"spec":{"template":{"spec":{"nodeSelector":{"$patch":"replace","l":"w"}}}}}"""),
            Strategic("""{"metadata":{"finalizers":["example.com/a","example.com/b"]}}"""),
            Strategic("""{"metadata":{"$deleteFromPrimitiveList/finalizers":["example.com/a","example.com/b"]}}"""),
            Strategic("""{"metadata":{"labels":{"x":"y"},"annotations":null}}"""),
            Strategic(
                """{"spec":{"template":{"spec":{"containers":[{"$patch":"replace"},{"name":"only","image":"i:9"}]}}}}"""
            ),
            new("DELETE", Deployments + "/strategic")
        );

    private static Step Strategic(string patch) =>
        new("PATCH", Deployments + "/strategic", patch, ApiClient.StrategicPatch);

    [Fact]
    public Task Json_patches_work_and_fail_alike() =>
        CompareAsync(
            new("POST", ConfigMaps, ConfigMap("patched", """{"a":"1","b/c":"2"}""")),
            Json("""[{"op":"test","path":"/data/a","value":"1"},{"op":"replace","path":"/data/a","value":"2"}]"""),
            Json(
                """[{"op":"add","path":"/data/n","value":"1"},{"op":"move","from":"/data/n","path":"/data/m"},{"op":"copy","from":"/data/m","path":"/data/o"}]"""
            ),
            Json("""[{"op":"remove","path":"/data/b~1c"}]"""),
            Json("""[{"op":"test","path":"/data/a","value":"9"}]"""),
            Json("""[{"op":"remove","path":"/data/absent"}]"""),
            Json("""[{"op":"replace","path":"/data/absent","value":"1"}]"""),
            Json("""[{"op":"add","path":"/absent/deep","value":"1"}]"""),
            Json("""{"op":"add"}"""),
            Json("""[{"op":"add","path":"/data/bad key","value":"1"}]"""),
            new("DELETE", ConfigMaps + "/patched")
        );

    private static Step Json(string patch) => new("PATCH", ConfigMaps + "/patched", patch, ApiClient.JsonPatch);

    [Fact]
    public Task Services_keep_their_address_and_check_their_ports() =>
        CompareAsync(
            new(
                "POST",
                Services,
                """{"metadata":{"name":"svc"},"spec":{"selector":{"a":"b"},"ports":[{"port":80}]}}"""
            ),
            new(
                "PATCH",
                Services + "/svc",
                """{"spec":{"ports":[{"port":81,"name":"x"},{"port":80,"name":"y","targetPort":"http"}]}}""",
                ApiClient.StrategicPatch
            ),
            new("PATCH", Services + "/svc", """{"spec":{"ports":[{"port":81},{"port":80}]}}""", ApiClient.MergePatch),
            new("PATCH", Services + "/svc", """{"spec":{"ports":null}}""", ApiClient.MergePatch),
            new("PATCH", Services + "/svc", """{"spec":{"clusterIP":"10.96.9.9"}}""", ApiClient.MergePatch),
            new("PATCH", Services + "/svc", """{"spec":{"ports":[{"port":80000}]}}""", ApiClient.MergePatch),
            new("PATCH", Services + "/svc", """{"spec":{"type":"Nonsense"}}""", ApiClient.MergePatch),
            new("POST", Services, """{"metadata":{"name":"-starts-with-dash"},"spec":{"ports":[{"port":80}]}}"""),
            new(
                "POST",
                Services,
                """{"metadata":{"name":"headless"},"spec":{"clusterIP":"None","selector":{"a":"b"}}}"""
            ),
            new(
                "POST",
                Services,
                """{"metadata":{"name":"external"},"spec":{"type":"ExternalName","externalName":"example.com"}}"""
            ),
            new("DELETE", Services + "/svc"),
            new("DELETE", Services + "/headless"),
            new("DELETE", Services + "/external")
        );

    [Fact]
    public Task Labels_and_annotations_are_checked_alike() =>
        CompareAsync(
            new("POST", ConfigMaps, ConfigMap("labels", "{}", ""","labels":{"bad key":"x"} """)),
            new("POST", ConfigMaps, ConfigMap("labels", "{}", ""","labels":{"k":"bad value!"} """)),
            new("POST", ConfigMaps, ConfigMap("labels", "{}", ""","labels":{"a.b/c":"","_x":"y"} """)),
            new("POST", ConfigMaps, ConfigMap("labels", """{"bad key":"x"}""")),
            new("POST", ConfigMaps, ConfigMap("labels", "{}", ""","annotations":{"any/Thing":"x y z"} """)),
            new("DELETE", ConfigMaps + "/labels")
        );

    [Fact]
    public Task Finalizers_hold_an_object_back() =>
        CompareAsync(
            new("POST", ConfigMaps, ConfigMap("held", "{}", ""","finalizers":["example.com/hold"] """)),
            new("DELETE", ConfigMaps + "/held"),
            new(
                "PATCH",
                ConfigMaps + "/held",
                """{"metadata":{"finalizers":["example.com/hold","example.com/more"]}}""",
                ApiClient.MergePatch
            ),
            new("POST", ConfigMaps, ConfigMap("held", "{}")),
            new("DELETE", ConfigMaps + "/held"),
            new("PATCH", ConfigMaps + "/held", """{"metadata":{"finalizers":null}}""", ApiClient.MergePatch),
            new("GET", ConfigMaps + "/held")
        );

    [Fact]
    public Task Secrets_and_immutable_things_behave_alike() =>
        CompareAsync(
            new(
                "POST",
                "/api/v1/namespaces/default/secrets",
                """{"metadata":{"name":"s"},"stringData":{"a":"b"},"data":{"c":"ZA=="}}"""
            ),
            new("PATCH", "/api/v1/namespaces/default/secrets/s", """{"type":"other"}""", ApiClient.MergePatch),
            new("PATCH", "/api/v1/namespaces/default/secrets/s", """{"immutable":true}""", ApiClient.MergePatch),
            new("PATCH", "/api/v1/namespaces/default/secrets/s", """{"data":{"c":"ZQ=="}}""", ApiClient.MergePatch),
            new("PATCH", "/api/v1/namespaces/default/secrets/s", """{"immutable":null}""", ApiClient.MergePatch),
            new("DELETE", "/api/v1/namespaces/default/secrets/s")
        );

    // What the servers differ in is not compared: service accounts are switched off in the real one.
    private async Task BothAsync(string path, string body)
    {
        Assert.SkipUnless(RealServer.IsThere, RealServer.WhySkipped);
        var real = await server.StartAsync();
        (await real.PostAsync(path, body)).Code.Should().Be(201);
        (await shared.Api.PostAsync(path, body)).Code.Should().Be(201);
    }

    private static Step Service(string name, string spec) =>
        new("POST", Services, $$"""{"metadata":{"name":"{{name}}"},"spec":{{spec}}}""");

    private static Step Change(string name, string spec) =>
        new("PATCH", $"{Services}/{name}", $$"""{"spec":{{spec}}}""", ApiClient.MergePatch);

    [Fact]
    public Task Ports_and_addresses_that_are_taken_or_out_of_range_are_refused_alike() =>
        CompareAsync(
            Service("np", """{"type":"NodePort","ports":[{"port":80,"nodePort":31770}]}"""),
            Service("np2", """{"type":"NodePort","ports":[{"port":80,"nodePort":31770}]}"""),
            Service("np2", """{"type":"NodePort","ports":[{"port":80,"nodePort":80}]}"""),
            Service("np2", """{"type":"NodePort","ports":[{"port":80,"nodePort":-1}]}"""),
            Service("np2", """{"type":"NodePort","clusterIP":"None","ports":[{"port":80}]}"""),
            Service(
                "np2",
                """{"type":"NodePort","ports":[{"name":"a","port":80,"nodePort":31771},{"name":"b","port":81,"nodePort":31771}]}"""
            ),
            Service(
                "np2",
                """{"type":"NodePort","ports":[{"name":"a","port":80,"nodePort":31772},{"name":"b","port":80,"protocol":"UDP","nodePort":31772}]}"""
            ),
            Service("np3", """{"ports":[{"port":80,"nodePort":31773}]}"""),
            Service("np3", """{"clusterIP":"1.2.3.4","ports":[{"port":80}]}"""),
            Service("np3", """{"clusterIP":"10.96.0.1","ports":[{"port":80}]}"""),
            Service("np3", """{"clusterIP":"10.96.255.255","ports":[{"port":80}]}"""),
            Service("np3", """{"externalTrafficPolicy":"Local","ports":[{"port":80}]}"""),
            Service(
                "np3",
                """{"type":"LoadBalancer","healthCheckNodePort":31775,"ports":[{"port":80,"nodePort":31774}]}"""
            ),
            Change("np", """{"ports":[{"port":80,"nodePort":31772}]}"""),
            Change("np", """{"ports":[{"port":80,"nodePort":81}]}"""),
            Change("np", """{"ports":[{"port":81,"nodePort":31770}]}"""),
            new("DELETE", Services + "/np2"),
            Service("np4", """{"type":"NodePort","ports":[{"port":80,"nodePort":31772}]}"""),
            new("DELETE", Services + "/np"),
            new("DELETE", Services + "/np4")
        );

    [Fact]
    public async Task Ranges_of_limits_are_completed_and_hold_for_pods_alike()
    {
        const string space = "/api/v1/namespaces/limited";
        await BothAsync("/api/v1/namespaces", """{"metadata":{"name":"limited"}}""");
        await CompareAsync(
            new(
                "POST",
                space + "/limitranges",
                """
                {"metadata":{"name":"l"},"spec":{"limits":[
                {"type":"Container","max":{"cpu":"1"},"min":{"cpu":"100m"},"default":{"memory":"1Gi"},"defaultRequest":{"cpu":"300m"},"maxLimitRequestRatio":{"cpu":"4"}},
                {"type":"PersistentVolumeClaim","max":{"storage":"2Gi"},"min":{"storage":"1Gi"}},
                {"type":"Pod","max":{"cpu":"1500m","memory":"3Gi"}}]}}
                """
            ),
            Limited("""{"name":"c","image":"i","resources":{"limits":{"cpu":"2"}}}"""),
            Limited("""{"name":"c","image":"i","resources":{"requests":{"cpu":"50m"}}}"""),
            Limited("""{"name":"c","image":"i","resources":{"requests":{"cpu":"100m"},"limits":{"cpu":"900m"}}}"""),
            Limited("""{"name":"c","image":"i"},{"name":"d","image":"i"}"""),
            Claimed("3Gi"),
            Claimed("500Mi"),
            new("DELETE", space + "/limitranges/l")
        );

        static Step Limited(string containers) =>
            new(
                "POST",
                space + "/pods?dryRun=All",
                $$$"""{"metadata":{"name":"p"},"spec":{"containers":[{{{containers}}}]}}"""
            );
        static Step Claimed(string size) =>
            new(
                "POST",
                space + "/persistentvolumeclaims?dryRun=All",
                $$$"""{"metadata":{"name":"p"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"{{{size}}}"} } } }"""
            );
    }

    [Fact]
    public async Task Pods_are_bound_to_nodes_alike()
    {
        const string space = "/api/v1/namespaces/default";
        const string binding = """ "target":{"kind":"Node","name":"some-node"} """;
        await BothAsync(
            space + "/pods",
            """{"metadata":{"name":"bound"},"spec":{"schedulerName":"mine","containers":[{"name":"c","image":"i:1"}]}}"""
        );
        await CompareAsync(
            new("POST", space + "/bindings", $$"""{{{binding}}}"""),
            new("POST", space + "/bindings", $$"""{"metadata":{"name":"absent"},{{binding}}}"""),
            new("POST", space + "/pods/bound/binding", $$"""{"metadata":{"name":"other"},{{binding}}}"""),
            new("POST", space + "/bindings", $$"""{"metadata":{"name":"bound"},{{binding}}}"""),
            new("POST", space + "/bindings", $$"""{"metadata":{"name":"bound"},{{binding}}}"""),
            new("GET", space + "/bindings"),
            new("GET", space + "/bindings/x"),
            new("DELETE", space + "/pods/bound", """{"gracePeriodSeconds":0}""")
        );
    }

    [Fact]
    public Task Custom_resources_are_pruned_defaulted_and_checked_alike() =>
        CompareAsync(
            new("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", Widgets),
            new("GET", "/apis/example.com/v1/widgets") { UntilServed = true },
            new("GET", "/apis/example.com/v1/namespaces/default/widgets/none"),
            Widget("POST", "", """{"size":3,"unknown":1,"parts":[{"name":"a","weight":1}]}"""),
            Widget("POST", "", """{"size":"three"}""", "w2"),
            Widget("POST", "", """{"size":99}""", "w2"),
            Widget("POST", "", "{}", "w2"),
            Widget("POST", "", """{"size":1,"color":"blue"}""", "w2"),
            Widget("POST", "", """{"size":1,"code":"no"}""", "w2"),
            Widget("POST", "", """{"size":1,"free":{"any":{"thing":[1,2]}},"port":"http","either":null}""", "w2"),
            new(
                "PATCH",
                "/apis/example.com/v1/namespaces/default/widgets/w",
                """{"spec":{"size":4}}""",
                ApiClient.StrategicPatch
            ),
            new(
                "PATCH",
                "/apis/example.com/v1/namespaces/default/widgets/w",
                """{"spec":{"size":4},"status":{"ready":true}}""",
                ApiClient.MergePatch
            ),
            new(
                "PATCH",
                "/apis/example.com/v1/namespaces/default/widgets/w/status",
                """{"spec":{"size":5},"status":{"ready":true}}""",
                ApiClient.MergePatch
            ),
            new("DELETE", "/apis/example.com/v1/namespaces/default/widgets/w"),
            new("DELETE", "/apis/example.com/v1/namespaces/default/widgets/w2")
        );

    private static Step Widget(string method, string suffix, string spec, string name = "w") =>
        new(
            method,
            "/apis/example.com/v1/namespaces/default/widgets" + suffix,
            $$"""{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"{{name}}"},"spec":{{spec}}}"""
        );

    private const string Widgets = """
        {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"widgets.example.com"},
        "spec":{"group":"example.com","scope":"Namespaced","names":{"plural":"widgets","kind":"Widget","singular":"widget","listKind":"WidgetList"},
        "versions":[{"name":"v1","served":true,"storage":true,"subresources":{"status":{}},"schema":{"openAPIV3Schema":{"type":"object","properties":{
        "spec":{"type":"object","required":["size"],"properties":{
        "size":{"type":"integer","minimum":1,"maximum":10},
        "color":{"type":"string","enum":["red","green"],"default":"red"},
        "code":{"type":"string","pattern":"^[A-Z]+$"},
        "free":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
        "port":{"x-kubernetes-int-or-string":true},
        "either":{"type":"string","nullable":true},
        "parts":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],"items":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"weight":{"type":"integer"}}}}
        }},"status":{"type":"object","properties":{"ready":{"type":"boolean"}}}}}}}]}}
        """;
}
