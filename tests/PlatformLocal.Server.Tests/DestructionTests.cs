using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Kubernetes;
using PlatformLocal.Platform.Operations;
using PlatformLocal.Server.Tests.Testing;

namespace PlatformLocal.Server.Tests;

/// <summary>What whoever removes an environment hears when nothing moves.</summary>
public sealed class DestructionTests
{
    private const string Shop = """{"environment_name":"shop","services":{"web":"^1.0"}}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Damaged_secrets_end_a_removal_with_the_cause_and_it_goes_on_when_they_are_put_right()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);
        var file = Path.Combine(Directory.CreateDirectory(platform.State.Secrets).FullName, "secrets.enc");
        await File.WriteAllTextAsync(file, "garbage", Token);

        var refused = (await Removing(platform).Should().ThrowAsync<PlatformException>()).Which;
        var again = (await Removing(platform).Should().ThrowAsync<PlatformException>()).Which;
        File.Delete(file);
        await Removing(platform).Should().NotThrowAsync();

        refused.Kind.Should().Be(FailureKind.Failed);
        refused
            .Message.Should()
            .StartWith("shop is not removed. The secret store")
            .And.Contain(file)
            .And.Contain("It is tried again at");
        refused.NextStep.Should().Contain("Put both files back");
        again.Message.Should().StartWith("shop is not removed. The secret store");
        (await platform.Api.FindAsync("shop", Token)).Should().BeNull();
    }

    [Fact]
    public async Task Of_what_is_removed_nothing_is_told_that_it_waited_for_before()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.Api.PutAsync(
            "shop",
            new DeployRequest
            {
                Claim = (JsonObject)
                    JsonNode.Parse(
                        """{"environment_name":"shop","services":{"auth":{"version":"2.0.0","docker_image":"auth:missing-1"}}}"""
                    )!,
                DeployOnlySpecified = true,
            },
            "*",
            Token
        );
        await platform.WaitAsync("shop", e => e!.Services.Any(s => s.Causes.Count > 0));

        var asked = await platform.Api.DeleteAsync("shop", Token);

        asked.Phase.Should().Be(EnvironmentPhase.Deleting);
        asked.Message.Should().BeNull();
        asked.Causes.Should().BeEmpty();
        asked.Services.Should().OnlyContain(s => s.Causes.Count == 0 && s.Message == null);
    }

    [Fact]
    public async Task A_history_that_is_a_folder_ends_a_removal_with_the_cause()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);
        var history = Path.Combine(platform.Bucket, "shop.history.json");
        File.Delete(history);
        Directory.CreateDirectory(history);

        (await Removing(platform).Should().ThrowAsync<PlatformException>()).WithMessage(
            $"shop is not removed. *{history}*"
        );
        Directory.Delete(history);
        await Removing(platform).Should().NotThrowAsync();
    }

    [Fact]
    public async Task What_an_environment_failed_with_before_does_not_end_its_removal()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(
            """{"environment_name":"shop","services":{"auth":{"version":"2.0.0","docker_image":"auth:fail-start"}}}"""
        );

        await Removing(platform).Should().NotThrowAsync();

        (await platform.Api.FindAsync("shop", Token)).Should().BeNull();
    }

    [Fact]
    public async Task Whoever_is_overtaken_by_another_hears_who_had_the_last_word()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);
        var held = new ObjectReference("v1", "ConfigMap", "env-shop", "auth");
        using var client = KubernetesClient.FromKubeconfig(platform.State.Kubeconfig);
        await client.PatchAsync(held, PatchKind.Merge, Finalizers("example.org/hold"), null, Token);

        var removing = Removing(platform)();
        await platform.WaitAsync("shop", e => e!.Phase == EnvironmentPhase.Deleting);
        var deploying = platform.DeployAsync(Shop);
        var overtaken = (await removing.Awaiting(r => r).Should().ThrowAsync<PlatformException>()).Which;
        var last = Removing(platform)();
        var removed = (await deploying.Awaiting(d => d).Should().ThrowAsync<PlatformException>()).Which;
        await client.PatchAsync(held, PatchKind.Merge, Finalizers(), null, Token);
        await last;

        overtaken.Kind.Should().Be(FailureKind.Conflict);
        overtaken.Message.Should().StartWith("shop was deployed again while it was removed: it stays");
        overtaken.NextStep.Should().Contain("platformctl destroy-environment shop");
        removed.Kind.Should().Be(FailureKind.Conflict);
        removed.Message.Should().StartWith("shop was removed while it was deployed");
        (await platform.Api.FindAsync("shop", Token)).Should().BeNull();
    }

    [Fact]
    public async Task A_platform_that_ends_meanwhile_is_not_taken_for_a_removal()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);
        var held = new ObjectReference("v1", "ConfigMap", "env-shop", "auth");
        using (var client = KubernetesClient.FromKubeconfig(platform.State.Kubeconfig))
        {
            await client.PatchAsync(
                held,
                PatchKind.Merge,
                new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = new JsonArray("example.org/hold") } },
                null,
                Token
            );
        }

        using var api = new PlatformApiClient(platform.Address, platform.State.ReadToken()!);
        var removing = new DestroyEnvironment(api, TimeProvider.System).RunAsync(
            "shop",
            TimeSpan.FromSeconds(60),
            new Progress<EnvironmentDocument>(),
            Token
        );
        await platform.WaitAsync("shop", e => e!.Phase == EnvironmentPhase.Deleting);
        await platform.StopAsync();

        await removing.Awaiting(r => r).Should().ThrowAsync<PlatformException>();
    }

    private static JsonObject Finalizers(params string[] names) =>
        new()
        {
            ["metadata"] = new JsonObject { ["finalizers"] = new JsonArray([.. names.Select(n => (JsonNode?)n)]) },
        };

    private static Func<Task> Removing(TestPlatform platform) =>
        () =>
            new DestroyEnvironment(platform.Api, TimeProvider.System).RunAsync(
                "shop",
                TimeSpan.FromSeconds(60),
                new Progress<EnvironmentDocument>(),
                Token
            );
}
