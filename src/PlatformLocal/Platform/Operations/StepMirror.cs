using PlatformLocal.Platform.Steps;

namespace PlatformLocal.Platform.Operations;

/// <summary>
/// Keeps a copy of the steps that are done in the cluster, in the ConfigMap <c>platform-system/platform-steps</c>: so that
/// somebody without the state folder sees how far a platform came. Runs do not go by it.
/// </summary>
/// <param name="connect">Opens a client of the cluster.</param>
/// <param name="time">The clock of entries and of the last write's timeout.</param>
public sealed class StepMirror(Func<CancellationToken, Task<KubernetesClient>> connect, TimeProvider time)
{
    private static readonly ObjectReference s_reference = new("v1", "ConfigMap", "platform-system", "platform-steps");
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly JsonObject _notes = [];
    private Task _write = Task.CompletedTask;
    private bool _hasNamespace;

    /// <summary>Takes note of what happened to a step; from the baseline on, that is written at once.</summary>
    internal void Note(StepEvent happened)
    {
        if (happened.Kind != StepEventKind.Done)
        {
            return;
        }

        lock (_lock)
        {
            _hasNamespace |= happened.Step == "baseline";
            _notes[KeyOf(happened.Step)] = string.Create(
                CultureInfo.InvariantCulture,
                $"done at {time.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ} in {happened.Elapsed.TotalSeconds:0.0} s"
            );

            if (_hasNamespace)
            {
                _write = WriteAsync(_write);
            }
        }
    }

    /// <summary>Waits until everything noted is written.</summary>
    /// <returns>Why it could not be written, or <see langword="null"/>: a copy that is missing is no failure of a run.</returns>
    public async Task<string?> FinishAsync()
    {
        try
        {
            await _write;
            return null;
        }
        catch (Exception fault) when (fault is PlatformException or OperationCanceledException)
        {
            return fault.Message;
        }
    }

    /// <summary>The steps that a cluster knows to be done: name to when and how long.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="KubernetesException">The cluster refuses or cannot be reached.</exception>
    public static async Task<IReadOnlyDictionary<string, string>> ReadAsync(
        KubernetesClient client,
        CancellationToken cancellationToken
    )
    {
        var found = (await client.FindAsync(s_reference, cancellationToken)).Child("data");
        return (found ?? [])
            .Where(d => found.Text(d.Key) is not null)
            .ToDictionary(d => d.Key, d => found.Text(d.Key)!, StringComparer.Ordinal);
    }

    private static string KeyOf(string step) => step.Replace(' ', '-');

    private async Task WriteAsync(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // each write holds all notes
        using var late = new CancellationTokenSource(s_timeout, time);
        using var client = await connect(late.Token);
        JsonObject notes;
        lock (_lock)
        {
            notes = (JsonObject)_notes.DeepClone();
        }

        if (notes.Count == 0)
        {
            return;
        }

        try
        {
            var patch = new JsonObject { ["data"] = notes };
            await client.PatchAsync(s_reference, PatchKind.Merge, patch, null, late.Token);
        }
        catch (KubernetesException fault) when (fault.IsNotFound)
        {
            await client.CreateAsync(s_reference.ToObject(("data", notes.DeepClone())), null, late.Token);
        }
    }
}
