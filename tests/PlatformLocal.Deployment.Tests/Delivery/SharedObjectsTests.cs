using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Kubernetes;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Deliveries;

namespace PlatformLocal.Deployment.Tests.Delivery;

/// <summary>Objects outside of namespaces that several environments bring.</summary>
public sealed class SharedObjectsTests : EmbeddedDeliveries
{
    private static readonly ObjectReference s_widgets = new(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        null,
        "widgets.shop.example.com"
    );
    private static readonly ObjectReference s_role = new("rbac.authorization.k8s.io/v1", "ClusterRole", null, "op");

    [Theory]
    [InlineData("1.0.0", "2.0.0")]
    [InlineData("2.0.0", "1.0.0")]
    [InlineData("1.0.0", "1.0.0")]
    [InlineData("2.0.0", "10.0.0")]
    public async Task Two_environments_share_a_kind_the_newest_serves_and_a_second_deployment_says_unchanged(
        string first,
        string second
    )
    {
        DeliveryRequest one = With("one", first, Widgets(first));
        DeliveryRequest two = With("two", second, Widgets(second));
        await DeliverAsync(one);
        await DeliverAsync(two);

        DeliveryResult oneAgain = await DeliverAsync(one);
        DeliveryResult twoAgain = await DeliverAsync(two);
        IReadOnlyList<ObjectChange> onePlan = await Delivery.PlanAsync(one, Token);
        IReadOnlyList<ObjectChange> twoPlan = await Delivery.PlanAsync(two, Token);

        IEnumerable<ObjectChange> all = [.. oneAgain.Changes, .. twoAgain.Changes, .. onePlan, .. twoPlan];
        all.Select(change => change.Change).Should().AllBeEquivalentTo(ChangeKind.Unchanged);
        JsonObject live = (await Client.FindAsync(s_widgets, Token))!;
        string newest =
            first is "10.0.0" || second is "10.0.0" ? "10.0.0"
            : first is "2.0.0" || second is "2.0.0" ? "2.0.0"
            : "1.0.0";
        live.Annotation("version").Should().Be(newest);
        live.Annotation("environments.platform.local/one").Should().StartWith($"op {first} ");
        live.Annotation("environments.platform.local/two").Should().StartWith($"op {second} ");
    }

    [Theory]
    [InlineData("one", "two")]
    [InlineData("two", "one")]
    public async Task What_is_shared_stays_until_the_last_environment_goes(string leaves, string stays)
    {
        await DeliverAsync(With("one", "1.0.0", Widgets("1.0.0"), Role()));
        await DeliverAsync(With("two", "2.0.0", Widgets("2.0.0"), Role()));

        IReadOnlyList<ObjectChange> left = await RemoveAsync(leaves);
        JsonObject? definition = await Client.FindAsync(s_widgets, Token);
        JsonObject? role = await Client.FindAsync(s_role, Token);
        IReadOnlyList<ObjectChange> leftAtLast = await RemoveAsync(stays);

        left.Should().BeEmpty();
        leftAtLast.Should().BeEmpty();
        definition.Annotation($"environments.platform.local/{leaves}").Should().BeNull();
        definition.Label(DeliveryLabels.Environment).Should().Be(stays);
        role.Should().NotBeNull();
        (await Client.FindAsync(s_widgets, Token)).Should().BeNull();
        (await Client.FindAsync(s_role, Token)).Should().BeNull();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_next_ones_own_version_comes_into_force_when_the_serving_one_gives_it_up(bool isLeaving)
    {
        DeliveryRequest one = With("one", "1.0.0", Role("get"), Widgets("1.0.0"));
        await DeliverAsync(one);
        await DeliverAsync(With("two", "2.0.0", Role("list"), Widgets("2.0.0")));
        IReadOnlyList<string> before = (await Delivery.LookAsync("one", "env-one", Token)).Remarks;

        if (isLeaving)
        {
            (await RemoveAsync("two")).Should().BeEmpty();
        }
        else
        {
            await DeliverAsync(With("two", "2.0.0"));
        }

        (await Client.FindAsync(s_widgets, Token)).Annotation("version").Should().Be("1.0.0");
        JsonObject? role = await Client.FindAsync(s_role, Token);
        role!["rules"]!.ToJsonString().Should().Contain("get").And.NotContain("list");
        role.Label(DeliveryLabels.Environment).Should().Be("one");
        role.Annotation("environments.platform.local/two").Should().BeNull();
        before
            .Should()
            .BeEquivalentTo(
                "ClusterRole op: what one (op 1.0.0) brings is not in force: that of two (op 2.0.0), which is newer, serves all.",
                "CustomResourceDefinition widgets.shop.example.com: what one (op 1.0.0) brings is not in force: that of two (op 2.0.0), which is newer, serves all."
            );
        (await Delivery.LookAsync("one", "env-one", Token)).Remarks.Should().BeEmpty();
        DeliveryResult again = await DeliverAsync(one);
        again.Changes.Should().OnlyContain(change => change.Change == ChangeKind.Unchanged);
    }

    [Fact]
    public async Task What_cannot_come_into_force_when_the_serving_one_goes_is_told()
    {
        await DeliverAsync(With("one", "1.0.0", RoleBinding("op")));
        JsonObject newer = RoleBinding("other");
        newer.Metadata()!["annotations"] = new JsonObject { [DeliveryLabels.Recreate] = "enabled" };
        await DeliverAsync(With("two", "2.0.0", newer));

        IReadOnlyList<ObjectChange> left = await RemoveAsync("two");

        left.Should()
            .ContainSingle()
            .Which.Note.Should()
            .StartWith("what one (op 1.0.0) brings cannot come into force")
            .And.Contain("roleRef");
    }

    [Fact]
    public async Task What_is_kept_for_then_and_damaged_comes_into_force_at_the_next_deployment()
    {
        DeliveryRequest one = With("one", "1.0.0", Role("get"));
        await DeliverAsync(one);
        await DeliverAsync(With("two", "2.0.0", Role("list")));
        ObjectList maps = await Client.ListAsync("v1", "ConfigMap", "env-one", null, Token);
        string kept = maps
            .Items.Select(map => map.Metadata().Text("name")!)
            .Single(name => name.Contains("platform-shared"));
        await Client.PatchAsync(
            new ObjectReference("v1", "ConfigMap", "env-one", kept),
            PatchKind.Merge,
            Yamlish("""{"binaryData":{"object.json.gz":"bm8gZ3ppcA=="}}"""),
            null,
            Token
        );

        IReadOnlyList<ObjectChange> left = await RemoveAsync("two");
        await DeliverAsync(one);

        left.Should()
            .ContainSingle()
            .Which.Note.Should()
            .Be("what one (op 1.0.0) brings comes into force at its next deployment");
        (await Client.FindAsync(s_role, Token))!["rules"]!.ToJsonString().Should().Contain("get");
    }

    [Fact]
    public async Task The_plan_says_who_shares_and_whose_serves()
    {
        await DeliverAsync(With("one", "1.0.0", Widgets("1.0.0")));
        DeliveryRequest two = With("two", "2.0.0", Widgets("2.0.0"));

        IReadOnlyList<ObjectChange> plan = await Delivery.PlanAsync(two, Token);
        DeliveryResult done = await DeliverAsync(two);
        DeliveryRequest one = With("one", "1.0.0", Widgets("1.0.1"));
        IReadOnlyList<ObjectChange> older = await Delivery.PlanAsync(one, Token);
        DeliveryResult olderDone = await DeliverAsync(one);

        ObjectChange planned = plan.Single(change => change.Kind == s_widgets.Kind);
        planned.Change.Should().Be(ChangeKind.Updated);
        planned.Note.Should().Be("it is shared with one (op 1.0.0): that of two (op 2.0.0) serves all");
        done.Changes.Should().BeEquivalentTo(plan);
        ObjectChange served = older.Single(change => change.Kind == s_widgets.Kind);
        served.Change.Should().Be(ChangeKind.Unchanged, "nothing of it changes");
        served.ServedBy.Should().Be("two");
        served
            .Note.Should()
            .Be("what one (op 1.0.0) brings is not in force: that of two (op 2.0.0), which is newer, serves all");
        olderDone.Changes.Should().BeEquivalentTo(older);
        olderDone.Remarks.Should().Equal($"{served.Kind} {served.Name}: {served.Note}.");
    }

    [Fact]
    public async Task What_is_the_same_is_in_force_whoever_serves_it()
    {
        DeliveryRequest one = With("one", "1.0.0", Role("get"));
        await DeliverAsync(one);
        await DeliverAsync(With("two", "2.0.0", Role("get")));

        DeliveryResult same = await DeliverAsync(one);
        IReadOnlyList<string> remarks = (await Delivery.LookAsync("one", "env-one", Token)).Remarks;
        DeliveryResult other = await DeliverAsync(With("one", "1.0.0", Role("list")));

        same.Remarks.Should().BeEmpty();
        remarks.Should().BeEmpty();
        same.Changes.Single(c => c.Kind == "ClusterRole")
            .Note.Should()
            .Be("it is shared with two (op 2.0.0): that of two (op 2.0.0), which is the same, serves all");
        other.Remarks.Should().ContainSingle().Which.Should().Contain("is not in force");
    }

    [Fact]
    public async Task The_same_version_with_other_content_is_taken_when_it_changes_and_then_stays()
    {
        DeliveryRequest one = With("one", "1.0.0", Widgets("first"));
        DeliveryRequest two = With("two", "1.0.0", Widgets("second"));
        await DeliverAsync(one);
        await DeliverAsync(two);
        JsonObject? untouched = await Client.FindAsync(s_widgets, Token);

        await DeliverAsync(With("two", "1.0.0", Widgets("third")));
        DeliveryResult oneAgain = await DeliverAsync(one);
        DeliveryResult twoAgain = await DeliverAsync(With("two", "1.0.0", Widgets("third")));

        untouched.Annotation("version").Should().Be("first");
        (await Client.FindAsync(s_widgets, Token)).Annotation("version").Should().Be("third");
        oneAgain.Changes.Concat(twoAgain.Changes).Should().OnlyContain(c => c.Change == ChangeKind.Unchanged);
    }

    [Theory]
    [InlineData("1.0.0", "v1 v2", "2.0.0", "v2")]
    [InlineData("2.0.0", "v2", "1.0.0", "v1 v2")]
    public async Task Versions_that_do_not_fit_are_refused_by_plan_and_delivery_and_change_nothing(
        string first,
        string firstServes,
        string second,
        string secondServes
    )
    {
        await DeliverAsync(With("one", first, Widgets(first, firstServes)));
        JsonObject? before = await Client.FindAsync(s_widgets, Token);
        DeliveryRequest two = With("two", second, Widgets(second, secondServes));
        Func<Task>[] attempts = [() => Delivery.PlanAsync(two, Token), () => DeliverAsync(two)];

        foreach (Func<Task> attempt in attempts)
        {
            PlatformException fault = (await attempt.Should().ThrowAsync<PlatformException>()).Which;
            fault.Kind.Should().Be(FailureKind.InvalidInput);
            fault.Message.Should().Contain("widgets.shop.example.com").And.Contain("v1").And.Contain("op 1.0.0");
        }
        JsonNode.DeepEquals(await Client.FindAsync(s_widgets, Token), before).Should().BeTrue();
    }

    [Fact]
    public async Task A_version_in_which_objects_are_stored_is_not_dropped()
    {
        await DeliverAsync(With("one", "1.0.0", Widgets("1.0.0")));

        Func<Task> deliver = () => DeliverAsync(With("one", "2.0.0", Widgets("2.0.0", "v2")));

        (await deliver.Should().ThrowAsync<PlatformException>())
            .Which.Message.Should()
            .Contain("op 2.0.0 of one has no v1 any more, in which objects are stored");
    }

    [Fact]
    public async Task A_definition_that_others_use_is_kept_and_told()
    {
        await DeliverAsync(With("one", "1.0.0", Widgets("1.0.0")));
        await Client.CreateAsync(new ObjectReference("v1", "Namespace", null, "foreign").ToObject(), null, Token);
        await Client.CreateAsync(
            Yamlish(
                """{"apiVersion":"shop.example.com/v1","kind":"Widget","metadata":{"name":"w","namespace":"foreign"}}"""
            ),
            null,
            Token
        );

        IReadOnlyList<ObjectChange> left = await RemoveAsync("one");

        left.Should().ContainSingle().Which.Note.Should().Contain("1 of its objects").And.Contain("foreign/w");
        (await Client.FindAsync(s_widgets, Token)).Should().NotBeNull();
        DeliveryResult anew = await DeliverAsync(With("one", "1.0.0", Widgets("1.0.0")));
        anew.Changes.Should().Contain(change => change.Kind == s_widgets.Kind && change.Change == ChangeKind.Updated);
    }

    [Fact]
    public async Task What_somebody_else_made_outside_of_namespaces_is_refused_and_stays()
    {
        await Client.CreateAsync(Role(), null, Token);
        JsonObject? before = await Client.FindAsync(s_role, Token);
        DeliveryRequest one = With("one", "1.0.0", Role());
        Func<Task>[] attempts = [() => Delivery.PlanAsync(one, Token), () => DeliverAsync(one)];

        foreach (Func<Task> attempt in attempts)
        {
            PlatformException fault = (await attempt.Should().ThrowAsync<PlatformException>()).Which;
            fault.Kind.Should().Be(FailureKind.NotAllowed);
            fault.Message.Should().Contain("ClusterRole op").And.Contain("the platform did not make it");
        }
        await RemoveAsync("one");
        JsonNode.DeepEquals(await Client.FindAsync(s_role, Token), before).Should().BeTrue();
    }

    [Fact]
    public async Task One_object_cannot_name_the_namespaces_of_two_environments()
    {
        await DeliverAsync(With("one", "1.0.0", Binding("env-one")));

        Func<Task> deliver = () => DeliverAsync(With("two", "1.0.0", Binding("env-two")));

        PlatformException fault = (await deliver.Should().ThrowAsync<PlatformException>()).Which;
        fault.Kind.Should().Be(FailureKind.InvalidInput);
        fault.Message.Should().Contain("names the namespace env-two").And.Contain("one (op 1.0.0) brings it too");
        fault.NextStep.Should().Contain("${ENVIRONMENT_NAME}");
    }

    [Fact]
    public async Task A_service_that_no_longer_brings_what_is_shared_gives_its_share_up()
    {
        await DeliverAsync(With("one", "1.0.0", Role(), Widgets("1.0.0")));
        await DeliverAsync(With("two", "1.0.0", Role(), Widgets("1.0.0")));
        DeliveryRequest less = With("one", "1.0.0");

        IReadOnlyList<ObjectChange> plan = await Delivery.PlanAsync(less, Token);
        DeliveryResult result = await DeliverAsync(less);
        await RemoveAsync("two");

        plan.Should().BeEquivalentTo(result.Changes);
        result
            .Changes.Where(c => c.Change == ChangeKind.Kept)
            .Should()
            .HaveCount(2)
            .And.OnlyContain(c => c.Note == "two (op 1.0.0) brings it too");
        (await Client.FindAsync(s_role, Token)).Should().BeNull();
        (await Client.FindAsync(s_widgets, Token)).Should().BeNull();
    }

    [Fact]
    public async Task An_environment_whose_namespace_was_removed_by_hand_holds_nothing_and_is_removed_whole()
    {
        await DeliverAsync(With("one", "1.0.0", Role(), Widgets("1.0.0")));
        await DeliverAsync(With("two", "1.0.0", Role(), Widgets("1.0.0")));
        foreach (string gone in new[] { "env-one", "env-two" })
        {
            var home = new ObjectReference("v1", "Namespace", null, gone);
            await Client.DeleteAsync(home, null, Token);
            await new EnvironmentNamespace(Client, new DirectDeliveryOptions(), gone[4..], gone).WaitGoneAsync(
                TimeSpan.FromSeconds(20),
                _ => { },
                Token
            );
        }

        await RemoveAsync("two");

        (await Client.FindAsync(s_role, Token)).Should().BeNull();
        (await Client.FindAsync(s_widgets, Token)).Should().BeNull();
    }

    [Fact]
    public async Task What_an_earlier_version_delivered_is_shared_by_the_environment_that_its_label_names()
    {
        await DeliverAsync(With("one", "1.0.0", Role()));
        var unmark = new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["annotations"] = new JsonObject { ["environments.platform.local/one"] = null },
            },
        };
        await Client.PatchAsync(s_role, PatchKind.Merge, unmark, null, Token);

        await DeliverAsync(With("two", "1.0.0", Role()));
        await RemoveAsync("two");
        JsonObject? kept = await Client.FindAsync(s_role, Token);
        await RemoveAsync("one");

        kept.Should().NotBeNull();
        (await Client.FindAsync(s_role, Token)).Should().BeNull();
    }

    [Fact]
    public async Task Many_environments_at_once_share_and_leave_nothing_behind()
    {
        string[] names = [.. Enumerable.Range(0, 12).Select(i => $"many-{i}")];
        DirectDelivery delivery = Delivery;

        await Task.WhenAll(
            names.Select(
                (name, i) =>
                    delivery.DeliverAsync(With(name, $"{i}.0.0", Role(), Widgets($"{i}.0.0")), new ProgressLog(), Token)
            )
        );
        JsonObject? shared = await Client.FindAsync(s_widgets, Token);
        await Task.WhenAll(names.Select(name => delivery.RemoveAsync(name, $"env-{name}", Token)));

        shared.Annotation("version").Should().Be("11.0.0");
        names.Should().OnlyContain(name => shared.Annotation($"environments.platform.local/{name}") != null);
        (await Client.FindAsync(s_role, Token)).Should().BeNull();
        (await Client.FindAsync(s_widgets, Token)).Should().BeNull();
    }

    private static DeliveryRequest With(string environment, string version, params JsonObject[] objects) =>
        Request(environment, Service("op", objects) with { Version = version });

    private static JsonObject Widgets(string version, string versions = "v1")
    {
        JsonObject definition = ClusterObjects.Definition("shop.example.com", "Widget");
        definition.Metadata()!["annotations"] = new JsonObject { ["version"] = version };
        JsonObject first = definition.Child("spec").Items("versions").Single();
        definition.Child("spec")!["versions"] = new JsonArray([
            .. versions
                .Split(' ')
                .Select(
                    (name, i) =>
                    {
                        var served = (JsonObject)first.DeepClone();
                        served["name"] = name;
                        served["storage"] = i == 0;
                        return (JsonNode?)served;
                    }
                ),
        ]);
        return definition;
    }

    private static JsonObject Role(string verb = "get") =>
        Yamlish(
            """
            {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"op"},
             "rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["VERB"]}]}
            """.Replace("VERB", verb, StringComparison.Ordinal)
        );

    private static JsonObject RoleBinding(string role) =>
        Yamlish(
            """
            {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"op"},
             "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"ROLE"}}
            """.Replace("ROLE", role, StringComparison.Ordinal)
        );

    private static JsonObject Binding(string target) =>
        Yamlish(
            """
            {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"op"},
             "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"op"},
             "subjects":[{"kind":"ServiceAccount","name":"op","namespace":"TARGET"}]}
            """.Replace("TARGET", target, StringComparison.Ordinal)
        );
}
