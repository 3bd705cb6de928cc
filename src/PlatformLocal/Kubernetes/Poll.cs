namespace PlatformLocal.Kubernetes;

/// <summary>Waits for something that nobody tells of: looks, pauses, and looks again.</summary>
/// <param name="What">What is waited for, as in "waits for …".</param>
/// <param name="Interval">The pause between two looks.</param>
/// <param name="Timeout">How long; the last look is at its end.</param>
/// <param name="Time">The clock of both.</param>
public sealed record Poll(string What, TimeSpan Interval, TimeSpan Timeout, TimeProvider Time)
{
    /// <summary>What to do when it does not come.</summary>
    public string? NextStep { get; init; }

    /// <summary>Makes what is thrown when it does not come, of the last reason.</summary>
    /// <value>A failure that says for what and how long was waited, unless set.</value>
    public Func<string, PlatformException>? Failure { get; init; }

    /// <summary>Is told what is waited for and why, whenever the reason changes; one that comes back in a few words.</summary>
    public Action<string>? Report { get; init; }

    /// <summary>Looks until it is so.</summary>
    /// <param name="look">Says why it is not so yet; <see langword="null"/> when it is.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="PlatformException">It was not so in the end; <see cref="Failure"/>.</exception>
    public async Task UntilAsync(Func<CancellationToken, Task<string?>> look, CancellationToken cancellationToken)
    {
        var started = Time.GetTimestamp();
        var told = new HashSet<string>(StringComparer.Ordinal);
        string? last = null;
        while (await look(cancellationToken) is { } reason)
        {
            var left = Timeout - Time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                throw Failure?.Invoke(reason)
                    ?? new PlatformException(
                        FailureKind.NotReadyInTime,
                        $"Waited {Timeout.TotalSeconds:0.#} s for {What} in vain: {reason}",
                        NextStep
                    );
            }
            if (reason != last)
            {
                last = reason;
                Report?.Invoke($"waits for {What}: {(told.Add(reason) ? reason : $"again {Shortened(reason)}")}");
            }
            await Task.Delay(left < Interval ? left : Interval, Time, cancellationToken);
        }
    }

    private static string Shortened(string reason) => reason.Length <= 100 ? reason : $"{reason[..99]}…";
}
