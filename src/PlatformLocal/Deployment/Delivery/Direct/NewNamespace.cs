namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>A namespace of a moment ago refuses pods until the cluster's controllers made its <c>default</c> service account.</summary>
internal static class NewNamespace
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    /// <summary>Tries again while the account is missing, for 15 s at most.</summary>
    /// <exception cref="KubernetesException">The API refuses for another reason, or the account stays missing.</exception>
    public static async Task<T> RetryAsync<T>(
        Func<Task<T>> write,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        long started = timeProvider.GetTimestamp();
        while (true)
        {
            try
            {
                return await write();
            }
            catch (KubernetesException refused)
                when (IsUnsettled(refused) && timeProvider.GetElapsedTime(started) < s_patience)
            {
                await Task.Delay(s_pause, timeProvider, cancellationToken);
            }
        }
    }

    /// <summary>The API gives no reason of its own for this refusal: only its text tells.</summary>
    private static bool IsUnsettled(KubernetesException refused) =>
        refused.IsForbidden
        && refused.ServerMessage.Contains("serviceaccount \"default\" not found", StringComparison.Ordinal);
}
