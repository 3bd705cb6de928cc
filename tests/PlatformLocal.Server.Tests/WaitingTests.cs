using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Platform.Operations;
using PlatformLocal.Server.Tests.Testing;

namespace PlatformLocal.Server.Tests;

/// <summary>What is told of an environment while it is waited for.</summary>
public sealed class WaitingTests
{
    private const string Missing =
        """{"environment_name":"shop","services":{"auth":{"version":"2.0.0","docker_image":"auth:missing-1"}}}""";

    private static readonly DeployRequest s_flags = new() { Claim = [], DeployOnlySpecified = true };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Status_listing_and_events_say_why_it_waits()
    {
        await using var platform = await TestPlatform.StartAsync();
        var stored = await platform.Api.PutAsync("shop", Request(Missing), "*", Token);

        var shop = await platform.WaitAsync("shop", e => e!.Services.Any(s => s.Causes.Count > 0));
        var listed = (await platform.Api.ListAsync("", Token)).Environments.Single();
        EnvironmentDocument? streamed = null;
        await foreach (var now in platform.Api.WatchAsync("shop", Token))
        {
            streamed = now;
            break;
        }

        stored.Phase.Should().BeOneOf(EnvironmentPhase.Pending, EnvironmentPhase.Resolving);
        foreach (var seen in new[] { shop!, listed, streamed! })
        {
            seen.Phase.Should().Be(EnvironmentPhase.Delivering);
            seen.Message.Should()
                .StartWith("0 of 1 ready. auth: waits for Deployment auth: ")
                .And.Contain("container auth: ")
                .And.Contain("auth:missing-1");
            seen.Failure.Should().BeNull();
            var auth = seen.Services.Single();
            auth.Causes.Should().ContainSingle(c => c.Subject == "Deployment auth" && c.Container == "auth");
            auth.PhaseSince.Should().BeBefore(TimeProvider.System.GetUtcNow());
            var ready = seen.Conditions.Single(c => c.Type == "Ready");
            ready.Status.Should().Be("Unknown");
            ready.Message.Should().Be(seen.Message);
        }
    }

    [Fact]
    public async Task A_timeout_ends_with_what_was_not_ready_and_why()
    {
        await using var platform = await TestPlatform.StartAsync();
        var operation = new DeployEnvironment(platform.Api, TimeProvider.System);
        var stored = await operation.StoreAsync(Request(Missing), Token);

        Func<Task> wait = () =>
            operation.WaitAsync(stored, new Progress<EnvironmentDocument>(), TimeSpan.FromSeconds(2), Token);

        var fault = (await wait.Should().ThrowAsync<PlatformException>()).Which;
        fault.Kind.Should().Be(FailureKind.NotReadyInTime);
        fault
            .Message.Should()
            .StartWith("shop is not ready after 2 s: 0 of 1 ready.\n  auth: waits for Deployment auth: ")
            .And.Contain("\n    Pod auth-")
            .And.Contain("auth:missing-1");
    }

    [Fact]
    public async Task Whoever_was_overtaken_by_another_claim_does_not_take_its_success_for_his_own()
    {
        await using var platform = await TestPlatform.StartAsync();
        var operation = new DeployEnvironment(platform.Api, TimeProvider.System);
        var stored = await operation.StoreAsync(Request(Missing), Token);
        var waiting = operation.WaitAsync(stored, new Progress<EnvironmentDocument>(), TimeSpan.FromSeconds(60), Token);

        var other = await platform.DeployAsync("""{"environment_name":"shop","services":{"auth":"2.0.0"}}""");

        other.Phase.Should().Be(EnvironmentPhase.Ready);
        var fault = (await waiting.Awaiting(w => w).Should().ThrowAsync<PlatformException>()).Which;
        fault.Kind.Should().Be(FailureKind.Conflict);
        fault.Message.Should().StartWith("shop was given another claim while this one was delivered");
    }

    [Fact]
    public async Task What_is_accepted_is_answered_and_not_the_result_before()
    {
        await using var platform = await TestPlatform.StartAsync();
        var before = await platform.DeployAsync("""{"environment_name":"shop","services":{"auth":"2.0.0"}}""");

        var after = await platform.Api.PutAsync(
            "shop",
            Request("""{"environment_name":"shop","services":{"web":"1.1.0"}}"""),
            before.Revision,
            Token
        );

        before.Phase.Should().Be(EnvironmentPhase.Ready);
        after.Phase.Should().NotBe(EnvironmentPhase.Ready);
        after.Revision.Should().NotBe(before.Revision);
        after.Services.Select(s => $"{s.Name} {s.Version}").Should().Equal("auth 2.0.0", "web 1.1.0");
        after.Services.Should().NotContain(s => s.Name == "web" && s.Phase == ServicePhase.Ready);
        after.ReadySince.Should().BeNull();
        after.Conditions.Single(c => c.Type == "Ready").Status.Should().Be("Unknown");
    }

    [Fact]
    public async Task Whoever_deploys_the_same_again_waits_from_then_on()
    {
        await using var platform = await TestPlatform.StartAsync();
        var definition = Path.Combine(platform.Workspace, "services", "auth", "service.yaml");
        File.WriteAllText(definition, File.ReadAllText(definition).TrimEnd() + "\n  timeout: 4s\n");
        await platform.Api.PutAsync("shop", Request(Missing), "*", Token);
        await platform.WaitAsync("shop", e => e!.Services.Any(s => s.Causes.Count > 0));
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, Token);
        long began = TimeProvider.System.GetTimestamp();

        var failed = await platform.DeployAsync(Missing);

        failed.Phase.Should().Be(EnvironmentPhase.Failed);
        failed.Failure.Should().Be(FailureKind.NotReadyInTime);
        failed.Services.Single().Causes.Should().NotBeEmpty("the cause stays when it failed");
        TimeProvider.System.GetElapsedTime(began).Should().BeGreaterThan(TimeSpan.FromSeconds(3.9));
    }

    [Fact]
    public async Task A_failed_update_of_a_stateful_set_is_taken_back_although_its_pod_blocks()
    {
        await using var platform = await TestPlatform.StartAsync();
        platform.WriteUpdates("1s");
        platform.WriteCatalogue("web: {versions: [1.1.0]}", "auth: {versions: [2.0.0]}");
        var folder = Path.Combine(platform.Workspace, "services", "web");
        File.AppendAllText(Path.Combine(folder, "service.yaml"), "\n  timeout: 3s\n");
        File.WriteAllText(
            Path.Combine(folder, "infrastructure", "objects.yaml"),
            """
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: web}
            spec:
              replicas: 2
              serviceName: web
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec:
                  containers:
                  - name: web
                    image: "${IMAGE}"
                    env:
                    - name: COLOR
                      valueFrom: {configMapKeyRef: {name: "web-${SERVICE_VERSION}", key: color}}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: web-1.1.0}
            data: {color: blue}
            """
        );
        await platform.DeployAsync("""{"environment_name":"shop","services":{"web":"^1.0"}}""");

        platform.WriteCatalogue("web: {versions: [1.1.0, 1.2.0]}", "auth: {versions: [2.0.0]}");
        var back = await platform.WaitAsync(
            "shop",
            e => e!.Phase == EnvironmentPhase.Ready && e.History!.Count == 3 && e.IsSettled
        );

        back!
            .History!.Select(r => (r.Cause, r.Outcome))
            .Should()
            .Equal(
                (RolloutCause.AutomaticRollback, RolloutOutcome.Ready),
                (RolloutCause.AutomaticUpdate, RolloutOutcome.Failed),
                (RolloutCause.Claim, RolloutOutcome.Ready)
            );
    }

    private static DeployRequest Request(string payload) =>
        s_flags with
        {
            Claim = (JsonObject)JsonNode.Parse(payload)!,
        };
}
