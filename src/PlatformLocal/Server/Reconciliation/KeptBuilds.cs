namespace PlatformLocal.Server.Reconciliation;

/// <summary>What a build is made of.</summary>
/// <param name="Environment">The environment.</param>
/// <param name="Revision">The revision of its claim.</param>
/// <param name="Lock">What the claim resolved to; <see langword="null"/> when it is not written yet.</param>
/// <param name="Workspace">The digest of the workspace.</param>
internal sealed record BuildInputs(string Environment, string Revision, EnvironmentLock? Lock, string Workspace)
{
    /// <summary>What the inputs are known by, secrets left out.</summary>
    public string Digest { get; } =
        Convert.ToHexStringLower(
            SHA256.HashData(
                Encoding.UTF8.GetBytes($"{Environment}\n{Revision}\n{Workspace}\n{Lock?.ToJson().ToJsonString()}")
            )
        );
}

/// <summary>Builds that were made already, by the digest of what they were made of: the newest ones.</summary>
internal sealed class KeptBuilds
{
    private const int Most = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<(string Digest, CompiledClaim Build)>> _builds = new(
        StringComparer.Ordinal
    );
    private readonly LinkedList<(string Digest, CompiledClaim Build)> _newestFirst = [];

    public void Keep(BuildInputs inputs, CompiledClaim build)
    {
        lock (_lock)
        {
            Drop(inputs.Digest);
            _builds[inputs.Digest] = _newestFirst.AddFirst((inputs.Digest, build));
            if (_builds.Count > Most)
            {
                Drop(_newestFirst.Last!.Value.Digest);
            }
        }
    }

    public CompiledClaim? Find(BuildInputs inputs)
    {
        lock (_lock)
        {
            if (!_builds.TryGetValue(inputs.Digest, out var found))
            {
                return null;
            }

            Drop(inputs.Digest);
            if (inputs.Lock is not null)
            {
                // Without a lock the same claim may resolve to something else the next time.
                _builds[inputs.Digest] = _newestFirst.AddFirst(found.Value);
            }

            return found.Value.Build;
        }
    }

    private void Drop(string digest)
    {
        if (_builds.Remove(digest, out var node))
        {
            _newestFirst.Remove(node);
        }
    }
}
