using PlatformLocal.Deployment.Registries;

namespace PlatformLocal.Deployment.Artifacts;

/// <summary>How long artifacts and images are kept, by the repository that they are in.</summary>
internal static class RetentionPeriod
{
    private static readonly TimeSpan s_ofUsers = TimeSpan.FromHours(24);
    private static readonly TimeSpan s_ofSnapshots = TimeSpan.FromDays(30);

    /// <summary>How long what is in a repository is kept; <see langword="null"/> for ever.</summary>
    public static TimeSpan? Of(string path) =>
        RepositoryLayout.UserOf(path) is not null ? s_ofUsers
        : RepositoryLayout.IsOfSnapshots(path) ? s_ofSnapshots
        : null;
}
