using PlatformLocal.Core;
using PlatformLocal.Testing;

namespace PlatformLocal.Kubernetes.Tests;

public sealed class PollTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_looks_until_it_is_so_and_tells_a_reason_once()
    {
        var reasons = new Queue<string?>(["no node", "no node", "not ready", null]);
        var told = new List<string>();
        var poll = Poll(TimeSpan.FromMinutes(10)) with { Report = told.Add };

        await poll.UntilAsync(_ => Task.FromResult(reasons.Dequeue()), Token);

        reasons.Should().BeEmpty();
        told.Should().Equal("waits for the cluster: no node", "waits for the cluster: not ready");
    }

    [Fact]
    public async Task In_the_end_it_says_what_it_waited_for_and_the_last_reason()
    {
        var looks = 0;
        var poll = Poll(TimeSpan.FromSeconds(5)) with { NextStep = "Look at its nodes." };

        var fault = (
            await poll.Invoking(p => p.UntilAsync(_ => Task.FromResult<string?>($"look {++looks}"), Token))
                .Should()
                .ThrowAsync<PlatformException>()
        ).Which;

        looks.Should().BeGreaterThan(1);
        fault.Message.Should().Be($"Waited 5 s for the cluster in vain: look {looks}");
        fault.NextStep.Should().Be("Look at its nodes.");
        fault.Kind.Should().Be(FailureKind.NotReadyInTime);
    }

    [Fact]
    public async Task Who_waits_can_say_itself_what_it_means_that_nothing_came()
    {
        var poll = Poll(TimeSpan.FromSeconds(5)) with { Failure = reason => new PlatformException($"Gone: {reason}.") };

        await poll.Invoking(p => p.UntilAsync(_ => Task.FromResult<string?>("no node"), Token))
            .Should()
            .ThrowAsync<PlatformException>()
            .WithMessage("Gone: no node.");
    }

    [Fact]
    public async Task A_pause_ends_when_waiting_is_stopped()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var poll = new Poll("the cluster", TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeProvider.System)
        {
            Report = _ => stop.Cancel(),
        };

        await poll.Invoking(p => p.UntilAsync(_ => Task.FromResult<string?>("no node"), stop.Token))
            .Should()
            .ThrowAsync<OperationCanceledException>();
    }

    private static Poll Poll(TimeSpan timeout) => new("the cluster", TimeSpan.FromSeconds(1), timeout, new FastTime());
}
