namespace PlatformLocal.Deployment.Ansible;

/// <summary>The cluster that a playbook works on.</summary>
/// <param name="Kubeconfig">The kubeconfig file; <see langword="null"/> for what kubectl would read.</param>
/// <param name="Context">The context; <see langword="null"/> for the current one.</param>
/// <param name="Server">The API server's address from here; <see langword="null"/> for the kubeconfig's.</param>
public sealed record PlaybookCluster(string? Kubeconfig, string? Context = null, Uri? Server = null)
{
    /// <summary>The same cluster by the way that a client found to it.</summary>
    /// <param name="client">The client.</param>
    public PlaybookCluster Over(KubernetesClient client) => this with { Server = client.Connection.Server };
}

/// <summary>One run of a playbook.</summary>
public sealed record PlaybookRun
{
    /// <summary>The playbook's file, an absolute path.</summary>
    public required string Playbook { get; init; }

    /// <summary>The extra variables; handed over in a file that only its owner may read, and never evaluated.</summary>
    public JsonObject Variables { get; init; } = [];

    /// <summary>The cluster; <see langword="null"/> for a playbook that needs none.</summary>
    public PlaybookCluster? Cluster { get; init; }

    /// <summary>Whether to say what would change, and change nothing.</summary>
    public bool IsCheck { get; init; }

    /// <summary>How long it may take.</summary>
    /// <value>5 minutes unless set.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>What a playbook that succeeded did.</summary>
/// <param name="Ok">How many tasks succeeded, those that changed something included.</param>
/// <param name="Changed">How many tasks changed something.</param>
public sealed record PlaybookResult(int Ok, int Changed);

/// <summary>A playbook that failed: says which task, on which host and why.</summary>
public sealed class PlaybookException : PlatformException
{
    internal PlaybookException(string message, string? nextStep, Exception? inner = null)
        : base(message, nextStep, inner) { }

    /// <summary>The task that failed; <see langword="null"/> when none was begun.</summary>
    public string? Task { get; init; }

    /// <summary>Whether Ansible, or a part of it that the playbook needs, is not installed.</summary>
    public bool IsNotInstalled { get; init; }
}
