namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>
/// A namespace of a moment ago refuses pods until the cluster's controllers made its <c>default</c> service account, and
/// bindings until the server knows of the role beside them.
/// </summary>
internal static class NewNamespace
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    /// <summary>Tries again while the account or the role is missing, for 15 s at most.</summary>
    /// <exception cref="KubernetesException">The API refuses for another reason, or it stays missing.</exception>
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

    /// <summary>The API gives no reason of its own for these refusals: only their texts tell.</summary>
    private static bool IsUnsettled(KubernetesException refused) =>
        refused.IsForbidden
            && refused.ServerMessage.Contains("serviceaccount \"default\" not found", StringComparison.Ordinal)
        // Who binds a role must have its rights, which are looked up in what the server remembers of roles. Older servers
        // name the role that they do not find, newer ones the binding itself.
        || refused.IsNotFound
            && (
                refused.ServerMessage.StartsWith("roles.rbac.authorization.k8s.io ", StringComparison.Ordinal)
                || refused.ServerMessage.StartsWith("rolebindings.rbac.authorization.k8s.io ", StringComparison.Ordinal)
            )
            && refused.ServerMessage.EndsWith(" not found", StringComparison.Ordinal);
}
