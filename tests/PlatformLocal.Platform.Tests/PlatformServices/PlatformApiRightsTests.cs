using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Deployment.Manifests;
using PlatformLocal.Kubernetes;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Diagnostics;
using PlatformLocal.Platform.PlatformServices.PlatformApi;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Deliveries;

namespace PlatformLocal.Platform.Tests.PlatformServices;

/// <summary>What the Platform API's service account may do, asked of and tried at a real API server.</summary>
public sealed class PlatformApiRightsTests(RealApiServer server) : IClassFixture<RealApiServer>
{
    private const string Rbac = "rbac.authorization.k8s.io/v1";
    private const string Account = "system:serviceaccount:platform-system:platform-api";
    private const string Policies = "admissionregistration.k8s.io/v1";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("list", "pods")]
    [InlineData("watch", "deployments.apps")]
    [InlineData("get", "configmaps")]
    [InlineData("create", "namespaces")]
    [InlineData("delete", "namespaces")]
    public async Task It_may_do_everywhere_what_readiness_and_namespaces_take(string verb, string resource)
    {
        using var admin = await InstalledAsync();

        (await MayAsync(verb, resource, "--all-namespaces")).Should().BeTrue();
    }

    [Theory]
    [InlineData("get", "secrets", "--namespace=kube-system")]
    [InlineData("list", "secrets", "--all-namespaces")]
    [InlineData("create", "secrets", "--namespace=platform-system")]
    [InlineData("delete", "secrets", "--namespace=platform-system")]
    [InlineData("create", "pods", "--namespace=kube-system")]
    [InlineData("delete", "pods", "--namespace=kube-system")]
    [InlineData("create", "pods/exec", "--all-namespaces")]
    [InlineData("get", "pods/log", "--namespace=kube-system")]
    [InlineData("create", "deployments.apps", "--namespace=default")]
    [InlineData("patch", "daemonsets.apps", "--namespace=kube-system")]
    [InlineData("create", "configmaps", "--namespace=kube-system")]
    [InlineData("create", "serviceaccounts/token", "--namespace=kube-system")]
    [InlineData("get", "services/proxy", "--namespace=platform-system")]
    [InlineData("update", "rolebindings.rbac.authorization.k8s.io", "--namespace=kube-system")]
    [InlineData("create", "clusterroles.rbac.authorization.k8s.io", "--all-namespaces")]
    [InlineData("create", "clusterrolebindings.rbac.authorization.k8s.io", "--all-namespaces")]
    [InlineData("bind", "clusterroles.rbac.authorization.k8s.io", "--all-namespaces")]
    [InlineData("bind", "clusterroles.rbac.authorization.k8s.io/cluster-admin", "--all-namespaces")]
    [InlineData("escalate", "clusterroles.rbac.authorization.k8s.io", "--all-namespaces")]
    [InlineData("impersonate", "users", "--all-namespaces")]
    [InlineData("delete", "nodes", "--all-namespaces")]
    [InlineData("update", "namespaces/finalize", "--all-namespaces")]
    [InlineData("delete", "validatingadmissionpolicies.admissionregistration.k8s.io", "--all-namespaces")]
    public async Task It_may_not_do_elsewhere_what_environments_take(string verb, string resource, string where)
    {
        using var admin = await InstalledAsync();

        (await MayAsync(verb, resource, where)).Should().BeFalse();
    }

    [Fact]
    public async Task It_delivers_plans_and_removes_environments_with_rights_that_it_binds_itself()
    {
        using var admin = await InstalledAsync();
        using var account = await ConnectAsync();
        var name = NewName();
        var request = Request(name, Service("web", [.. Objects()])) with
        {
            NamespaceLabels = EnvironmentBaseline.NamespaceLabels,
        };
        var delivery = new DirectDelivery(account, PlatformApiInstallation.Delivery);

        var plan = await delivery.PlanAsync(request, Token);
        var made = await delivery.DeliverAsync(request, new ProgressLog(), Token);
        var again = await delivery.DeliverAsync(request, new ProgressLog(), Token);
        var ready = await new ReadyEnvironments(account).ListAsync(Token);
        var mayHere = await MayAsync("create", "secrets", $"--namespace={request.Namespace}");
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var controller = FinishNamespaceAsync(admin, request.Namespace, over.Token);
        await delivery.RemoveAsync(name, request.Namespace, Token);
        await delivery.RemoveAsync(name, request.Namespace, Token);

        plan.Should().OnlyContain(c => c.Change == ChangeKind.Created);
        made.Changes.Should().OnlyContain(c => c.Change == ChangeKind.Created).And.HaveCount(5);
        again.Changes.Should().OnlyContain(c => c.Change == ChangeKind.Unchanged);
        ready.Should().Contain(name);
        mayHere.Should().BeTrue();
        (await admin.FindAsync(new ObjectReference("v1", "Namespace", null, request.Namespace), Token))
            .Should()
            .BeNull();
        await over.CancelAsync();
        await controller;
    }

    [Fact]
    public async Task The_plan_of_a_new_environment_is_refused_as_its_delivery_would_be()
    {
        using var admin = await InstalledAsync();
        using var account = await ConnectAsync();
        var wrong = DeploymentOf("web");
        wrong["spec"]!["replicas"] = -1;
        var request = Request(NewName(), Service("web", wrong));

        var plan = () => new DirectDelivery(account, PlatformApiInstallation.Delivery).PlanAsync(request, Token);

        (await plan.Should().ThrowAsync<PlatformException>())
            .WithMessage($"*Deployment {request.Namespace}/web*spec.replicas*")
            .Which.Kind.Should()
            .Be(FailureKind.InvalidInput);
    }

    [Fact]
    public async Task An_environment_of_an_earlier_version_gets_its_binding_with_the_next_look()
    {
        using var admin = await InstalledAsync();
        using var account = await ConnectAsync();
        var name = NewName();
        var request = Request(name, Service("web", [.. Objects()])) with
        {
            NamespaceLabels = EnvironmentBaseline.NamespaceLabels,
        };
        await new DirectDelivery(admin).DeliverAsync(request, new ProgressLog(), Token);

        var before = await new ReadyEnvironments(account).ListAsync(Token);
        var plan = await new DirectDelivery(account, PlatformApiInstallation.Delivery).PlanAsync(request, Token);
        var after = await new ReadyEnvironments(account).ListAsync(Token);

        before.Should().NotContain(name, "its Secrets cannot be seen");
        plan.Should().OnlyContain(c => c.Change == ChangeKind.Unchanged);
        after.Should().Contain(name);
    }

    [Fact]
    public async Task It_cannot_give_itself_more()
    {
        using var admin = await InstalledAsync();
        using var account = await ConnectAsync();
        var name = NewName();
        var request = Request(name, Service("web", [.. Objects()])) with
        {
            NamespaceLabels = EnvironmentBaseline.NamespaceLabels,
        };
        await new DirectDelivery(account, PlatformApiInstallation.Delivery).DeliverAsync(
            request,
            new ProgressLog(),
            Token
        );

        await RefusedAsync(account, Binding("RoleBinding", request.Namespace, "cluster-admin"));
        await RefusedAsync(account, Binding("RoleBinding", "kube-system", "cluster-admin"));
        await RefusedAsync(account, Binding("ClusterRoleBinding", null, "platform-environment"));
        await RefusedAsync(account, Role("ClusterRole", null, "platform.local/aggregate-to-environments"));
        await RefusedAsync(account, Role("ClusterRole", null, "platform.local/aggregate-to-platform-api"));
        await RefusedAsync(account, Role("Role", request.Namespace, "x"));
        await RefusedAsync(account, ConfigMapIn("kube-system"));
    }

    [Fact]
    public async Task Policies_keep_it_to_the_namespaces_of_environments()
    {
        using var admin = await InstalledAsync();
        Assert.SkipWhen(
            await admin.Resources.FindAsync(Policies, "ValidatingAdmissionPolicy", Token) is null,
            "this Kubernetes is older than 1.30 and knows no ValidatingAdmissionPolicies"
        );
        using var account = await ConnectAsync();
        var name = NewName();

        // The server takes a moment to have a policy in force.
        await UntilRefusedAsync(account, Namespace(NewName(), "someone-else"));
        await RefusedAsync(account, Binding("RoleBinding", "kube-system", "platform-environment"));
        await RefusedAsync(account, Namespace($"env-{name}", null));
        await RefusedAsync(account, Namespace($"env-{name}", name, "privileged"));
        await RefusedAsync(account, Namespace($"other-{name}", name));
        await account.CreateAsync(Namespace($"env-{name}", name), null, Token);
        await RefusedAsync(account, Labels($"env-{name}", DeliveryLabels.Environment, "other"));
        await RefusedAsync(account, Labels($"env-{name}", "pod-security.kubernetes.io/enforce", "privileged"));
        await RefusedAsync(account, Labels("default", DeliveryLabels.Environment, "default"));
        await RefusedAsync(() =>
            account.DeleteAsync(new ObjectReference("v1", "Namespace", null, "default"), null, Token)
        );
        await account.PatchAsync(
            new ObjectReference("v1", "Namespace", null, $"env-{name}"),
            PatchKind.Merge,
            new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { ["a"] = "b" } } },
            null,
            Token
        );
        await account.CreateAsync(Binding("RoleBinding", $"env-{name}", "platform-environment"), null, Token);
        await account.DeleteAsync(new ObjectReference("v1", "Namespace", null, $"env-{name}"), null, Token);
    }

    [Theory]
    [InlineData("v1.20.2", CheckStatus.Warn)]
    [InlineData("v1.29.14+k3s1", CheckStatus.Warn)]
    [InlineData("v1.30.0", CheckStatus.Pass)]
    [InlineData("v1.36.2", CheckStatus.Pass)]
    public void The_doctor_says_whether_policies_are_in_force(string version, CheckStatus status)
    {
        var running = new PlatformDocument
        {
            Name = "real",
            Version = "1.0.0",
            Cluster = "kind",
            KubernetesVersion = version,
            Simulated = false,
            Workspace = "",
            Kubeconfig = "",
            Started = DateTimeOffset.UnixEpoch,
            ProcessId = 1,
            Parts = [],
            Services = [],
            Environments = new Dictionary<string, int>(),
        };

        Doctor.CheckRights(running).Status.Should().Be(status);
    }

    private async Task<KubernetesClient> InstalledAsync()
    {
        var admin = await server.ConnectAsync();
        var write = new WriteOptions { Force = true };
        await admin.ApplyAsync(
            new ObjectReference("v1", "Namespace", null, "platform-system").ToObject(),
            write,
            Token
        );
        var objects = PlatformApiInstallation.Objects("real", "image:1", null);
        foreach (var item in objects.Where(o => o.Text("kind") is not ("Deployment" or "Service")))
        {
            if (await admin.Resources.FindAsync(item.Text("apiVersion")!, item.Text("kind")!, Token) is not null)
            {
                await admin.ApplyAsync(Aggregated(item, objects), write, Token);
            }
        }

        return admin;
    }

    // No controller runs beside the server: what it would put together is put together here.
    private static JsonObject Aggregated(JsonObject role, IReadOnlyList<JsonObject> all)
    {
        if (role.Child("aggregationRule").Items("clusterRoleSelectors").SingleOrDefault() is not { } selector)
        {
            return role;
        }

        var label = selector.Child("matchLabels")!.Single().Key;
        var rules = all.Where(o => o.Text("kind") == "ClusterRole" && o.Label(label) == "true")
            .SelectMany(o => o.Items("rules"))
            .Select(r => r.DeepClone());
        var copy = (JsonObject)role.DeepClone();
        copy.Remove("aggregationRule");
        copy["rules"] = new JsonArray([.. rules]);
        return copy;
    }

    private async Task<KubernetesClient> ConnectAsync()
    {
        using var admin = await server.ConnectAsync();
        return new KubernetesClient(
            admin.Connection with
            {
                Credentials = admin.Connection.Credentials with
                {
                    Impersonate = Account,
                    ImpersonateGroups =
                    [
                        "system:serviceaccounts",
                        "system:serviceaccounts:platform-system",
                        "system:authenticated",
                    ],
                },
            }
        );
    }

    private async Task<bool> MayAsync(string verb, string resource, string where)
    {
        var parts = resource.Split('/');
        var isSubresource = parts is [_, "log" or "exec" or "proxy" or "finalize" or "token"];
        var outcome = await new ProgramRunner(TimeProvider.System).RunAnyAsync(
            new ProgramCommand
            {
                Program = server.Kubectl,
                Arguments =
                [
                    $"--kubeconfig={server.Kubeconfig}",
                    "auth",
                    "can-i",
                    verb,
                    isSubresource ? parts[0] : resource,
                    .. isSubresource ? [$"--subresource={parts[1]}"] : Array.Empty<string>(),
                    where,
                    $"--as={Account}",
                    "--as-group=system:serviceaccounts",
                    "--as-group=system:authenticated",
                ],
                Timeout = TimeSpan.FromSeconds(20),
            },
            Token
        );
        outcome.Output.Trim().Should().BeOneOf("yes", "no");
        return outcome.Output.Trim() == "yes";
    }

    private static async Task UntilRefusedAsync(KubernetesClient account, JsonObject item)
    {
        var poll = new Poll("the policy", TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(20), TimeProvider.System);
        await poll.UntilAsync(
            async token =>
            {
                try
                {
                    await account.CreateAsync((JsonObject)item.DeepClone(), new WriteOptions { DryRun = true }, token);
                    return "it was taken";
                }
                catch (KubernetesException fault) when (fault.IsForbidden)
                {
                    return null;
                }
            },
            Token
        );
    }

    private static Task RefusedAsync(KubernetesClient account, JsonObject item) =>
        RefusedAsync(() => account.ApplyAsync(item, new WriteOptions { Force = true }, Token));

    private static async Task RefusedAsync(Func<Task> attempt) =>
        (await attempt.Should().ThrowAsync<KubernetesException>()).Which.IsForbidden.Should().BeTrue();

    private static IEnumerable<JsonObject> Objects() =>
        [
            ConfigMap("settings"),
            Yamlish("""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"keys"},"stringData":{"a":"b"}}"""),
            Yamlish(
                """
                {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"reader"},
                 "rules":[{"apiGroups":[""],"resources":["configmaps"],"verbs":["get"]}]}
                """
            ),
            Yamlish(
                """
                {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"reader"},
                 "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"reader"},
                 "subjects":[{"kind":"ServiceAccount","name":"default"}]}
                """
            ),
        ];

    private static JsonObject Namespace(string name, string? environment, string level = "baseline") =>
        Labelled(
            new ObjectReference("v1", "Namespace", null, name).ToObject(),
            new JsonObject
            {
                ["pod-security.kubernetes.io/enforce"] = level,
                [DeliveryLabels.Environment] = environment,
            }
        );

    private static JsonObject Labels(string name, string label, string value) =>
        Labelled(new ObjectReference("v1", "Namespace", null, name).ToObject(), new JsonObject { [label] = value });

    private static JsonObject Labelled(JsonObject item, JsonObject labels)
    {
        foreach (var label in labels.Where(l => l.Value is null).Select(l => l.Key).ToList())
        {
            labels.Remove(label);
        }

        item.Metadata()!["labels"] = labels;
        return item;
    }

    private static JsonObject ConfigMapIn(string target)
    {
        var map = ConfigMap("mine");
        map.Metadata()!["namespace"] = target;
        return map;
    }

    private static JsonObject Role(string kind, string? target, string label) =>
        Labelled(
            new ObjectReference(Rbac, kind, target, "more").ToObject(
                (
                    "rules",
                    new JsonArray(
                        new JsonObject
                        {
                            ["apiGroups"] = new JsonArray("*"),
                            ["resources"] = new JsonArray("*"),
                            ["verbs"] = new JsonArray("*"),
                        }
                    )
                )
            ),
            new JsonObject { [label] = "true" }
        );

    private static JsonObject Binding(string kind, string? target, string role) =>
        new ObjectReference(Rbac, kind, target, $"more-{role}").ToObject(
            (
                "roleRef",
                new JsonObject
                {
                    ["apiGroup"] = "rbac.authorization.k8s.io",
                    ["kind"] = "ClusterRole",
                    ["name"] = role,
                }
            ),
            (
                "subjects",
                new JsonArray(
                    new JsonObject
                    {
                        ["kind"] = "ServiceAccount",
                        ["namespace"] = "platform-system",
                        ["name"] = "platform-api",
                    }
                )
            )
        );
}
