using PlatformLocal.Server.Status;

namespace PlatformLocal.Server.Reconciliation;

/// <summary>
/// Claims that were there and are not. A renamed file, an editor that saves and a bucket that is not mounted look like
/// removals: an environment goes only when its claim alone stays away for the grace period.
/// </summary>
internal sealed partial class VanishedClaims(
    WorkspaceSnapshots workspaces,
    EnvironmentStatus status,
    TimeProvider time,
    ILogger logger
)
{
    private readonly Dictionary<string, Absence> _absences = new(StringComparer.Ordinal);

    /// <summary>Takes in that the claim of an environment is not there.</summary>
    /// <param name="name">The environment.</param>
    /// <param name="isAlone">Whether what the platform keeps beside the claim is still there: then somebody removed the claim.</param>
    /// <returns>Whether the environment is to be removed now.</returns>
    public bool IsRemoval(string name, bool isAlone)
    {
        if (!_absences.TryGetValue(name, out var absence) || absence.IsAlone != isAlone)
        {
            absence = new Absence(time.GetTimestamp(), isAlone);
            _absences[name] = absence;
            var period = GracePeriod;
            status.Report(name, new EnvironmentFact.ClaimAway(isAlone ? time.GetUtcNow() + period : null));
            if (isAlone)
            {
                LogAway(name, period.TotalSeconds);
            }
            else
            {
                LogGone(name);
            }
        }

        return isAlone && time.GetElapsedTime(absence.Since) >= GracePeriod && _absences.Remove(name);
    }

    /// <summary>Whether the claim of an environment is known to be away.</summary>
    public bool Has(string name) => _absences.ContainsKey(name);

    /// <summary>Takes in that the claim of an environment is there, or that the environment is removed anyway.</summary>
    /// <returns>Whether it was away.</returns>
    public bool Forget(string name) => _absences.Remove(name);

    private TimeSpan GracePeriod
    {
        get
        {
            try
            {
                return workspaces.Read().Workspace.GracePeriod;
            }
            catch (PlatformException)
            {
                return Workspace.DefaultGracePeriod; // a workspace that cannot be read says nothing
            }
        }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "The claim of {Name} is away: the environment is removed unless it comes back within {Seconds} s"
    )]
    private partial void LogAway(string name, double seconds);

    [LoggerMessage(
        LogLevel.Warning,
        "The claim, the lock and the history of {Name} are away, as if the bucket were: the environment is not removed"
    )]
    private partial void LogGone(string name);

    private sealed record Absence(long Since, bool IsAlone);
}
