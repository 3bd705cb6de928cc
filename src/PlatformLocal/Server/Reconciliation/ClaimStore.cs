using System.Text.Encodings.Web;
using PlatformLocal.Server.History;

namespace PlatformLocal.Server.Reconciliation;

/// <summary>A claim as the object store holds it.</summary>
internal sealed record StoredClaim(string Name, string Revision, ReadOnlyMemory<byte> Content)
{
    /// <summary>The claim, and the JSON it was read from.</summary>
    /// <exception cref="InvalidDocumentException">The claim is refused; carries every fault.</exception>
    public (Claim Claim, JsonObject Source) Read(IReadOnlyDictionary<EnvironmentType, EnvironmentTypeDefaults> types)
    {
        var source = Parse();
        var claim = ClaimReader.Read(source, types, Document);
        return claim.EnvironmentName == Name
            ? (claim, source)
            : throw new InvalidDocumentException(
                Document,
                [new Fault("environment_name", $"is '{claim.EnvironmentName}', and the claim is stored as {Name}.json")]
            );
    }

    /// <summary>The JSON of the claim; <see langword="null"/> when it is none.</summary>
    public JsonObject? Source()
    {
        try
        {
            return Parse();
        }
        catch (InvalidDocumentException)
        {
            return null; // the environment's status tells what is wrong with it
        }
    }

    private string Document => $"The claim {Name}.json";

    private JsonObject Parse() => JsonText.ParseObject(Content.Span, Document);
}

/// <summary>A claim as a listing shows it.</summary>
/// <param name="Revision">Its revision.</param>
/// <param name="Beside">What the lock and the history beside it are known by.</param>
internal sealed record ListedClaim(string Revision, string Beside)
{
    /// <summary>Whether there is anything beside it.</summary>
    public bool HasBeside => Beside != ",";
}

/// <summary>What a bucket holds.</summary>
/// <param name="Claims">The claims by name.</param>
/// <param name="HasBeside">Whether there is a lock or a history of an environment.</param>
internal sealed record ClaimListing(IReadOnlyDictionary<string, ListedClaim> Claims, Func<string, bool> HasBeside);

/// <summary>What the platform keeps beside a claim cannot be read: it is never taken for absent, and never written over.</summary>
internal sealed class UnreadableObjectException : PlatformException
{
    /// <param name="bucket">The object's bucket.</param>
    /// <param name="key">The object's key.</param>
    /// <param name="why">What is wrong with it.</param>
    /// <param name="without">What becomes of the environment when the object is removed.</param>
    /// <param name="cause">The failure of reading it.</param>
    public UnreadableObjectException(string bucket, string key, string why, string without, Exception cause)
        : base(
            $"{bucket}/{key} cannot be read: {why.TrimEnd('.')}.",
            $"Repair {key} in the bucket {bucket}, or remove it: {without}.",
            cause
        ) => Kind = FailureKind.InvalidInput;
}

/// <summary>The claims in the object store, and the locks and histories beside them.</summary>
internal sealed class ClaimStore(IObjectStore store)
{
    private const string Bucket = "environments";
    private const string ClaimSuffix = ".json";
    private const string LockSuffix = ".lock.json";
    private const string HistorySuffix = ".history.json";
    private const string FluxSuffix = ".flux.json";

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _gates = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _removed = new(StringComparer.Ordinal);

    // Claims are read by people: quotes and umlauts stay as they are.
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly HistoryJson s_history = new(
        new JsonSerializerOptions(HistoryJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
    );

    /// <summary>All claims by name; a file whose name cannot be an environment's, as that of a lock, is none.</summary>
    public async Task<IReadOnlyDictionary<string, ListedClaim>> ListAsync(CancellationToken cancellationToken) =>
        (await LookAsync(cancellationToken)).Claims;

    /// <summary>All claims, and of which environments anything is there.</summary>
    public async Task<ClaimListing> LookAsync(CancellationToken cancellationToken)
    {
        var objects = (await store.ListAsync(Bucket, cancellationToken)).ToDictionary(
            o => o.Key,
            o => o.ETag,
            StringComparer.Ordinal
        );
        var claims = new Dictionary<string, ListedClaim>(StringComparer.Ordinal);
        foreach (var (key, revision) in objects)
        {
            if (
                key.EndsWith(ClaimSuffix, StringComparison.Ordinal)
                && key[..^ClaimSuffix.Length] is var name
                && Names.FaultOf(name) is null
            )
            {
                claims[name] = new ListedClaim(
                    revision,
                    objects.GetValueOrDefault(name + LockSuffix) + "," + objects.GetValueOrDefault(name + HistorySuffix)
                );
            }
        }

        return new ClaimListing(
            claims,
            name => objects.ContainsKey(name + LockSuffix) || objects.ContainsKey(name + HistorySuffix)
        );
    }

    public async Task<StoredClaim?> GetAsync(string name, CancellationToken cancellationToken) =>
        Names.FaultOf(name) is null && await store.GetAsync(Bucket, name + ClaimSuffix, cancellationToken) is { } found
            ? new StoredClaim(name, found.ETag, found.Content)
            : null;

    /// <summary>Writes a claim; one that says the same as before is left untouched.</summary>
    public Task<string> PutAsync(
        string name,
        JsonObject claim,
        WriteCondition condition,
        CancellationToken cancellationToken
    )
    {
        var content = Encoding.UTF8.GetBytes(claim.ToJsonString(Readable) + "\n");
        _removed.TryRemove(name, out _);
        return store.PutAsync(Bucket, name + ClaimSuffix, content, condition, cancellationToken);
    }

    /// <summary>Removes a claim because somebody asked for that, or it expired.</summary>
    public async Task DeleteAsync(string name, WriteCondition condition, CancellationToken cancellationToken)
    {
        // Before it is gone: whoever sees that it is must not take it for lost.
        _removed[name] = true;
        try
        {
            await store.DeleteAsync(Bucket, name + ClaimSuffix, condition, cancellationToken);
        }
        catch
        {
            _removed.TryRemove(name, out _);
            throw;
        }
    }

    /// <summary>Whether a claim that is not there was removed by way of this store, not beside it.</summary>
    public bool IsRemoved(string name) => _removed.ContainsKey(name);

    /// <summary>Forgets removals of claims that are there again.</summary>
    public void ForgetRemoval(string name) => _removed.TryRemove(name, out _);

    /// <summary>What an environment resolved to; <see langword="null"/> when it never did.</summary>
    /// <exception cref="UnreadableObjectException">It is stored, and nobody can read it.</exception>
    public async Task<EnvironmentLock?> GetLockAsync(string name, CancellationToken cancellationToken)
    {
        if (await store.GetAsync(Bucket, name + LockSuffix, cancellationToken) is not { } found)
        {
            return null;
        }

        try
        {
            return EnvironmentLock.Read(JsonText.ParseObject(found.Content.Span, "It"), "It");
        }
        catch (InvalidDocumentException e)
        {
            throw new UnreadableObjectException(Bucket, found.Key, e.Message, "its versions are then resolved anew", e);
        }
    }

    public async Task PutLockAsync(string name, EnvironmentLock content, CancellationToken cancellationToken)
    {
        var bytes = Encoding.UTF8.GetBytes(content.ToJson().ToJsonString(Readable) + "\n");
        var current = await store.GetAsync(Bucket, name + LockSuffix, cancellationToken);
        if (current is null || !current.Content.Span.SequenceEqual(bytes))
        {
            await store.PutAsync(Bucket, name + LockSuffix, bytes, WriteCondition.None, cancellationToken);
        }
    }

    /// <summary>Keeps what Flux was asked for, for whoever looks into the bucket: nobody reads it back.</summary>
    public async Task PutFluxAsync(string name, JsonObject asked, CancellationToken cancellationToken)
    {
        var bytes = Encoding.UTF8.GetBytes(asked.ToJsonString(Readable) + "\n");
        var current = await store.GetAsync(Bucket, name + FluxSuffix, cancellationToken);
        if (current is null || !current.Content.Span.SequenceEqual(bytes))
        {
            await store.PutAsync(Bucket, name + FluxSuffix, bytes, WriteCondition.None, cancellationToken);
        }
    }

    public Task DeleteFluxAsync(string name, CancellationToken cancellationToken) =>
        store.DeleteAsync(Bucket, name + FluxSuffix, WriteCondition.None, cancellationToken);

    public Task DeleteLockAsync(string name, CancellationToken cancellationToken) =>
        store.DeleteAsync(Bucket, name + LockSuffix, WriteCondition.None, cancellationToken);

    /// <summary>What an environment was; empty when it is new.</summary>
    /// <exception cref="UnreadableObjectException">It is stored, and nobody can read it.</exception>
    public async Task<EnvironmentHistory> GetHistoryAsync(string name, CancellationToken cancellationToken) =>
        Read(await store.GetAsync(Bucket, name + HistorySuffix, cancellationToken));

    /// <summary>Changes a history, again when somebody else changed it meanwhile.</summary>
    /// <returns>The history as it is then.</returns>
    public async Task<EnvironmentHistory> ChangeHistoryAsync(
        string name,
        Func<EnvironmentHistory, EnvironmentHistory> change,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            var found = await store.GetAsync(Bucket, name + HistorySuffix, cancellationToken);
            var before = Read(found);
            var changed = change(before);
            if (ReferenceEquals(changed, before))
            {
                return before;
            }

            var content = JsonSerializer.SerializeToUtf8Bytes([.. changed.Rollouts], s_history.ListRollout);
            var condition = found is null ? WriteCondition.Absent : WriteCondition.Matches(found.ETag);
            try
            {
                await store.PutAsync(Bucket, name + HistorySuffix, content, condition, cancellationToken);
                return changed;
            }
            catch (PlatformException e) when (e.Kind == FailureKind.Conflict)
            {
                // somebody else was faster: the change is made to what is there now
            }
        }
    }

    /// <summary>Holds others off who change claim, lock and history of an environment together; disposing lets them in.</summary>
    public Task<IDisposable> HoldAsync(string name, CancellationToken cancellationToken) =>
        _gates.GetOrAdd(name, _ => new SemaphoreSlim(1, 1)).TakeTurnAsync(cancellationToken);

    /// <summary>Holds a claim to a condition before anything is made of it.</summary>
    /// <exception cref="PlatformException">The condition is not met.</exception>
    public static void Require(string name, StoredClaim? stored, WriteCondition condition) =>
        condition.Require(Bucket, name + ClaimSuffix, stored?.Revision);

    /// <summary>Writes what a pass resolved a claim to, with its rollout.</summary>
    /// <param name="stored">The claim as the pass knows it.</param>
    /// <param name="before">The lock as the pass knows it.</param>
    /// <param name="next">The new lock.</param>
    /// <param name="change">What becomes of the history.</param>
    /// <param name="cancellationToken">Stops the writes.</param>
    /// <returns>The history as it is then.</returns>
    /// <exception cref="OperationCanceledException">Claim or lock changed meanwhile: the pass is outdated.</exception>
    public async Task<EnvironmentHistory> RollOutAsync(
        StoredClaim stored,
        EnvironmentLock? before,
        EnvironmentLock next,
        Func<EnvironmentHistory, EnvironmentHistory> change,
        CancellationToken cancellationToken
    )
    {
        using var hold = await HoldAsync(stored.Name, cancellationToken);
        var claim = await GetAsync(stored.Name, cancellationToken);
        var current = await GetLockAsync(stored.Name, cancellationToken);
        var isSame = before is null ? current is null : current?.DifferencesTo(before).Count == 0;
        if (claim?.Revision != stored.Revision || !isSame)
        {
            throw new OperationCanceledException($"{stored.Name} was changed by somebody else.");
        }

        var history = await ChangeHistoryAsync(stored.Name, change, cancellationToken);
        await PutLockAsync(stored.Name, next, cancellationToken);
        return history;
    }

    public Task DeleteHistoryAsync(string name, CancellationToken cancellationToken) =>
        store.DeleteAsync(Bucket, name + HistorySuffix, WriteCondition.None, cancellationToken);

    /// <summary>Takes over what another store has; what is here already stays as it is.</summary>
    /// <returns>How many objects were taken over.</returns>
    public async Task<int> TakeOverAsync(IObjectStore other, CancellationToken cancellationToken)
    {
        var here = (await store.ListAsync(Bucket, cancellationToken)).Select(o => o.Key).ToHashSet();
        var taken = 0;
        foreach (var item in await other.ListAsync(Bucket, cancellationToken))
        {
            if (!here.Contains(item.Key) && await other.GetAsync(Bucket, item.Key, cancellationToken) is { } found)
            {
                await store.PutAsync(Bucket, item.Key, found.Content, WriteCondition.None, cancellationToken);
                taken++;
            }
        }

        return taken;
    }

    public Task WaitForChangeAsync(TimeSpan atMost, CancellationToken cancellationToken) =>
        store.WaitForChangeAsync(Bucket, atMost, cancellationToken);

    private static EnvironmentHistory Read(StoredObject? found)
    {
        if (found is null)
        {
            return EnvironmentHistory.Empty;
        }

        try
        {
            return
                JsonSerializer.Deserialize(found.Content.Span, s_history.ListRollout) is { } rollouts
                && rollouts.TrueForAll(r => r is not null)
                ? new EnvironmentHistory(rollouts)
                : throw new JsonException("It is no list of rollouts.");
        }
        catch (JsonException e)
        {
            var why = JsonText.FaultOf(e);
            throw new UnreadableObjectException(Bucket, found.Key, why, "the history then begins anew", e);
        }
    }
}
