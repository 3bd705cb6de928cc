namespace PlatformLocal.Kubernetes.Leadership;

/// <summary>How replicas agree on who leads.</summary>
public sealed record LeaderElectionOptions
{
    /// <summary>The namespace of the Lease.</summary>
    public required string Namespace { get; init; }

    /// <summary>The Lease's name.</summary>
    /// <value><c>platform-api</c> unless set.</value>
    public string Name { get; init; } = "platform-api";

    /// <summary>Who this replica is; unique among them.</summary>
    public required string Identity { get; init; }

    /// <summary>Where this replica is reached by the others.</summary>
    public required Uri Address { get; init; }

    /// <summary>How long the others wait for a leader that says nothing.</summary>
    /// <value>15 seconds unless set.</value>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a leader that cannot renew goes on; less than <see cref="LeaseDuration"/>.</summary>
    /// <value>10 seconds unless set.</value>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The time between two attempts.</summary>
    /// <value>2 seconds unless set.</value>
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>The leader as the Lease names it.</summary>
/// <param name="Identity">Who it is.</param>
/// <param name="Address">Where it is reached.</param>
/// <param name="Replaced">Is cancelled when somebody else leads: what was asked of this one is not answered any more.</param>
public sealed record Leader(string Identity, Uri Address, CancellationToken Replaced);

/// <summary>
/// Makes sure that one replica at most leads, by a Lease. A leader that cannot renew stops before the others may take
/// over; clocks of different machines are never compared, only how long a record stays as it is.
/// </summary>
/// <remarks>The rules are those of https://pkg.go.dev/k8s.io/client-go/tools/leaderelection.</remarks>
/// <param name="client">The cluster with the Lease.</param>
/// <param name="options">How.</param>
/// <param name="time">The clock of leases and waits.</param>
public sealed class LeaderElection(KubernetesClient client, LeaderElectionOptions options, TimeProvider time)
    : IDisposable
{
    private const string AddressAnnotation = "platform.local/address";

    private string _seenVersion = "";
    private long _seenAt = time.GetTimestamp();
    private volatile Leader? _leader;
    private CancellationTokenSource _replaced = new();

    /// <summary>The leader as far as this replica knows.</summary>
    public Leader? Current => _leader;

    /// <summary>Whether this replica leads.</summary>
    public bool IsLeader => _leader?.Identity == options.Identity;

    /// <summary>Waits until this replica leads, and lets it lead until it is stopped or can lead no more.</summary>
    /// <param name="lead">Leads until its token says to stop; returns when it has stopped.</param>
    /// <param name="report">Is told of trouble with the Lease.</param>
    /// <param name="cancellationToken">Stops; the Lease is given back.</param>
    /// <returns>Whether leading ended because the Lease was lost.</returns>
    public async Task<bool> RunAsync(
        Func<CancellationToken, Task> lead,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        while (!await TryAsync(report, cancellationToken))
        {
            if (!await PauseAsync(cancellationToken))
            {
                return false;
            }
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var leading = lead(stop.Token);
        bool lost = !await KeepAsync(leading, report, cancellationToken);
        await stop.CancelAsync();
        await leading;
        if (!lost)
        {
            await ReleaseAsync(report);
        }

        Follow(null, null);
        return lost;
    }

    /// <inheritdoc/>
    public void Dispose() => _replaced.Dispose();

    /// <returns>False when the Lease could not be kept.</returns>
    private async Task<bool> KeepAsync(Task leading, Action<string> report, CancellationToken cancellationToken)
    {
        long renewed = time.GetTimestamp();
        while (await PauseAsync(cancellationToken) && !leading.IsCompleted)
        {
            var left = options.RenewDeadline - time.GetElapsedTime(renewed);
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            using var deadline = new CancellationTokenSource(left, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            if (await TryAsync(report, both.Token))
            {
                renewed = time.GetTimestamp();
            }
            else if (_leader is { } other && other.Identity != options.Identity)
            {
                return false;
            }
        }

        return true;
    }

    private async Task<bool> PauseAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(options.RetryInterval, time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !cancellationToken.IsCancellationRequested;
    }

    /// <returns>Whether this replica leads now.</returns>
    private async Task<bool> TryAsync(Action<string> report, CancellationToken cancellationToken)
    {
        try
        {
            var lease = await client.FindAsync(Reference, cancellationToken);
            if (lease is null)
            {
                See(await client.CreateAsync(Lease(null), null, cancellationToken));
                return true;
            }

            See(lease);
            var holder = lease.Child("spec").Text("holderIdentity");
            if (
                holder is { Length: > 0 }
                && holder != options.Identity
                && time.GetElapsedTime(_seenAt) < options.LeaseDuration
            )
            {
                return false;
            }

            See(await client.ReplaceAsync(Lease(lease), null, cancellationToken));
            return true;
        }
        catch (KubernetesException e) when (e.Code is 409)
        {
            return false; // somebody else was quicker
        }
        catch (PlatformException e)
        {
            report($"The lease {options.Namespace}/{options.Name}: {e.Message}");
            return false;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task ReleaseAsync(Action<string> report)
    {
        using var patience = new CancellationTokenSource(options.RetryInterval, time);
        try
        {
            if (
                await client.FindAsync(Reference, patience.Token) is { } lease
                && lease.Child("spec").Text("holderIdentity") == options.Identity
            )
            {
                lease["spec"]!["holderIdentity"] = "";
                await client.ReplaceAsync(lease, null, patience.Token);
            }
        }
        catch (Exception e) when (e is PlatformException or OperationCanceledException)
        {
            report($"The lease {options.Namespace}/{options.Name} could not be given back: {e.Message}");
        }
    }

    private ObjectReference Reference => new("coordination.k8s.io/v1", "Lease", options.Namespace, options.Name);

    private void See(JsonObject lease)
    {
        var version = lease.ResourceVersion() ?? "";
        if (version != _seenVersion)
        {
            _seenVersion = version;
            _seenAt = time.GetTimestamp();
        }

        if (
            lease.Child("spec").Text("holderIdentity") is { Length: > 0 } holder
            && Uri.TryCreate(lease.Annotation(AddressAnnotation), UriKind.Absolute, out var address)
        )
        {
            Follow(holder, address);
        }
        else
        {
            Follow(null, null);
        }
    }

    private void Follow(string? holder, Uri? address)
    {
        if (_leader?.Identity == holder && _leader?.Address == address)
        {
            return;
        }

        var before = _replaced;
        _replaced = new CancellationTokenSource();
        _leader = holder is null ? null : new Leader(holder, address!, _replaced.Token);
        before.Cancel();
        before.Dispose();
    }

    private JsonObject Lease(JsonObject? before)
    {
        var now = time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        var spec = before.Child("spec");
        bool isMine = spec.Text("holderIdentity") == options.Identity;
        var transitions = spec?["leaseTransitions"]?.GetValue<int>() ?? 0;
        var metadata = before.Child("metadata")?.DeepClone().AsObject() ?? [];
        metadata["name"] = options.Name;
        metadata["namespace"] = options.Namespace;
        var annotations = metadata["annotations"] as JsonObject ?? [];
        annotations[AddressAnnotation] = options.Address.ToString();
        metadata["annotations"] = annotations;
        return new JsonObject
        {
            ["apiVersion"] = Reference.ApiVersion,
            ["kind"] = Reference.Kind,
            ["metadata"] = metadata,
            ["spec"] = new JsonObject
            {
                ["holderIdentity"] = options.Identity,
                ["leaseDurationSeconds"] = (int)options.LeaseDuration.TotalSeconds,
                ["acquireTime"] = isMine ? spec.Text("acquireTime") : now,
                ["renewTime"] = now,
                ["leaseTransitions"] = before is null || isMine ? transitions : transitions + 1,
            },
        };
    }
}
