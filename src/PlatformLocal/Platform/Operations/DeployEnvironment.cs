using System.Runtime.CompilerServices;
using PlatformLocal.Core.Environments;

namespace PlatformLocal.Platform.Operations;

/// <summary>Deploys an environment and waits until everything in it is ready.</summary>
/// <param name="api">The platform.</param>
/// <param name="time">The clock for the timeout.</param>
public sealed class DeployEnvironment(PlatformApiClient api, TimeProvider time)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>Stores the claim that a payload makes.</summary>
    /// <param name="request">The payload, which names the environment, and how it is deployed.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The claim is refused, or somebody else changes the environment just now.</exception>
    public async Task<EnvironmentDocument> StoreAsync(DeployRequest request, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await StoreOnceAsync(request, cancellationToken);
            }
            catch (PlatformException e)
                when (e.Kind == FailureKind.NotReadyInTime && time.GetElapsedTime(started) < api.Patience)
            {
                await Task.Delay(LookInterval, time, cancellationToken); // another replica takes over
            }
        }
    }

    private async Task<EnvironmentDocument> StoreOnceAsync(DeployRequest request, CancellationToken cancellationToken)
    {
        var name = Payload.NameIn(request.Claim);
        var known = await api.FindAsync(name, cancellationToken);
        var revision = known is { Revision.Length: > 0, Phase: not EnvironmentPhase.Deleting } ? known.Revision : null;
        return await api.PutAsync(name, request, revision, cancellationToken);
    }

    /// <summary>Waits until the platform is done with what was stored.</summary>
    /// <param name="stored">What <see cref="StoreAsync"/> returned.</param>
    /// <param name="progress">Is told of every change.</param>
    /// <param name="timeout">The longest wait.</param>
    /// <param name="cancellationToken">Stops waiting; the deployment goes on.</param>
    /// <returns>
    /// The environment: ready, failed or invalid. One that is ready with other versions than were deployed, because these
    /// failed and were taken back, is ready and has a failure.
    /// </returns>
    /// <exception cref="PlatformException">It is not done in time, or was removed or replaced meanwhile.</exception>
    public async Task<EnvironmentDocument> WaitAsync(
        EnvironmentDocument stored,
        IProgress<EnvironmentDocument> progress,
        TimeSpan timeout,
        CancellationToken cancellationToken
    )
    {
        using var late = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        var last = stored;
        try
        {
            do
            {
                await foreach (var now in WatchPatientlyAsync(stored.EnvironmentName, either.Token))
                {
                    last = now;
                    progress.Report(now);
                    await RefuseRemovedAsync(now, stored, either.Token);
                    if (now.Completed >= stored.Requested && now.IsSettled)
                    {
                        RequireOurs(now, stored);
                        return Judge(now, stored);
                    }
                }
            } while (await IsStillThereAsync(stored.EnvironmentName, either.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PlatformException(
                FailureKind.NotReadyInTime,
                $"{last.EnvironmentName} is not ready after {timeout.TotalSeconds:0} s: {last.ReadyCount}."
                    + string.Concat(last.Explain().Select(line => $"\n  {line}")),
                $"It goes on in the background; look at it with: {ShellCommand.Platformctl("get-environment", last.EnvironmentName)}"
            );
        }

        throw new PlatformException(
            $"{stored.EnvironmentName} was removed, or the platform ended, while it was deployed.",
            $"See what there is with: {ShellCommand.Platformctl("get-environment", stored.EnvironmentName)}"
        );
    }

    // What somebody else asked for meanwhile says nothing of what was asked for here.
    private static void RequireOurs(EnvironmentDocument now, EnvironmentDocument stored)
    {
        if (now.Phase == EnvironmentPhase.Ready && now.Revision != stored.Revision)
        {
            throw new PlatformException(
                FailureKind.Conflict,
                $"{stored.EnvironmentName} was given another claim while this one was delivered: it is what that one asks for.",
                $"See what it is now: {ShellCommand.Platformctl("get-environment", stored.EnvironmentName)}\n"
                    + "Deploy again if this claim is to hold."
            );
        }
    }

    // That it is ready again with what was there before is no success of what was deployed.
    private static EnvironmentDocument Judge(EnvironmentDocument now, EnvironmentDocument stored)
    {
        var versions = now.Services.ToDictionary(s => s.Name, s => s.Version, StringComparer.Ordinal);
        var others = stored
            .Services.Where(s => versions.GetValueOrDefault(s.Name) != s.Version)
            .Select(s => $"{s.Name} is {versions.GetValueOrDefault(s.Name) ?? "not there"} instead of {s.Version}")
            .ToList();
        var why = now.Conditions.FirstOrDefault(c =>
            c is { Type: ConditionTypes.UpToDate, Status: ConditionDocument.False }
        );
        return now.Phase == EnvironmentPhase.Ready && others.Count > 0 && why is not null
            ? now with
            {
                Failure = why.Reason == ConditionTypes.UpdateTakenBack ? FailureKind.Failed : FailureKind.Conflict,
                Message =
                    $"{now.EnvironmentName} is ready, and not with what was deployed: {string.Join(", ", others)}. {why.Message}",
                NextStep = $"Its history says more: {ShellCommand.Platformctl("get-environment", now.EnvironmentName)}",
            }
            : now;
    }

    // Where nothing is stored any more, nothing comes of waiting.
    private async Task RefuseRemovedAsync(
        EnvironmentDocument now,
        EnvironmentDocument stored,
        CancellationToken cancellationToken
    )
    {
        if (
            now.Phase == EnvironmentPhase.Deleting
            && now.Requested > stored.Requested
            && await api.FindAsync(now.EnvironmentName, cancellationToken) is null or { Revision: "" }
        )
        {
            throw new PlatformException(
                FailureKind.Conflict,
                $"{now.EnvironmentName} was removed while it was deployed: it goes, and does not come back by itself.",
                $"See how far that is: {ShellCommand.Platformctl("get-environment", now.EnvironmentName)}\n"
                    + "Deploy again if this claim is to hold."
            );
        }
    }

    // The replica that answers may go while it answers: the next one takes over what it did.
    private async IAsyncEnumerable<EnvironmentDocument> WatchPatientlyAsync(
        string name,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await using var events = api.WatchAsync(name, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await events.MoveNextAsync())
                {
                    yield break;
                }
            }
            catch (PlatformException e) when (api.Patience > TimeSpan.Zero && e.Kind != FailureKind.NotFound)
            {
                yield break;
            }

            yield return events.Current;
        }
    }

    private async Task<bool> IsStillThereAsync(string name, CancellationToken cancellationToken)
    {
        return api.Patience > TimeSpan.Zero && await api.FindAsync(name, cancellationToken) is not null;
    }
}
