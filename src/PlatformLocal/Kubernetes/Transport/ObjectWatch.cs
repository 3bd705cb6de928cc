using System.Runtime.CompilerServices;

namespace PlatformLocal.Kubernetes.Transport;

/// <summary>
/// Tells every change of a collection without gaps: goes on where it was after a broken connection, and lists anew,
/// telling the differences, when the server no longer knows where that was.
/// </summary>
internal sealed class ObjectWatch(
    ApiTransport transport,
    ObjectLister lister,
    KubernetesClientOptions options,
    ResourceMapping mapping,
    string? targetNamespace,
    WatchOptions watch
)
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(10);

    private readonly Dictionary<(string? Namespace, string? Name), JsonObject> _known = [];
    private readonly string _what =
        $"watch {mapping.Plural}{(targetNamespace is null ? "" : $" in {targetNamespace}")}";
    private string? _version = watch.ResourceVersion;
    private long? _outageBegan;
    private TimeSpan _pause = s_firstPause;

    public async IAsyncEnumerable<WatchEvent> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_version is null)
            {
                ObjectList? list = await TryAsync(() => ListAsync(cancellationToken), cancellationToken);
                if (list is null)
                {
                    continue;
                }
                foreach (WatchEvent change in Compare(list))
                {
                    yield return change;
                }
                _version = list.ResourceVersion;
                yield return Synced(list.ResourceVersion);
            }
            await using WatchStream? stream = await TryAsync(() => OpenAsync(cancellationToken), cancellationToken);
            if (stream is null)
            {
                continue;
            }
            bool saidSomething = false;
            while (await stream.NextAsync(cancellationToken) is { } line)
            {
                saidSomething = true;
                if (Read(line) is { } change)
                {
                    yield return change;
                }
                if (_version is null || _outageBegan is not null)
                {
                    break;
                }
            }
            if (saidSomething && _outageBegan is null)
            {
                _pause = s_firstPause;
            }
            else
            {
                // A server that ends every watch at once must not be asked in a tight loop.
                await PauseAsync(cancellationToken);
            }
        }
    }

    private Task<ObjectList> ListAsync(CancellationToken cancellationToken) =>
        lister.ListAsync(
            mapping,
            targetNamespace,
            new ListOptions { LabelSelector = watch.LabelSelector, FieldSelector = watch.FieldSelector },
            cancellationToken
        );

    private async Task<WatchStream> OpenAsync(CancellationToken cancellationToken)
    {
        // Spread over time, so that many watches do not begin anew in the same moment.
        int seconds = Random.Shared.Next(240, 300);
        string path = new Query(mapping.Path(targetNamespace))
            .Add("watch", true)
            .Add("allowWatchBookmarks", true)
            .Add("resourceVersion", _version)
            .Add("labelSelector", watch.LabelSelector)
            .Add("fieldSelector", watch.FieldSelector)
            .Add("timeoutSeconds", seconds)
            .ToString();
        var request = new ApiRequest(HttpMethod.Get, path, _what) { IsRepeatable = true, IsStream = true };
        HttpResponseMessage response = await transport.SendAsync(request, cancellationToken);
        return await WatchStream.OpenAsync(
            response,
            TimeSpan.FromSeconds(seconds + 30),
            options.TimeProvider,
            cancellationToken
        );
    }

    /// <returns>The result, or <see langword="null"/> when it has to be tried again after a pause this has made.</returns>
    private async Task<T?> TryAsync<T>(Func<Task<T>> action, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            T result = await action();
            _outageBegan = null;
            return result;
        }
        catch (KubernetesException fault) when (fault.IsGone)
        {
            _version = null;
            return null;
        }
        catch (KubernetesException fault) when (fault.IsUnreachable || fault.Code is 429 or >= 500)
        {
            _outageBegan ??= options.TimeProvider.GetTimestamp();
            if (options.TimeProvider.GetElapsedTime(_outageBegan.Value) >= watch.GiveUpAfter)
            {
                throw;
            }
            await PauseAsync(cancellationToken);
            return null;
        }
    }

    private async Task PauseAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(_pause * (0.5 + Random.Shared.NextDouble()), options.TimeProvider, cancellationToken);
        _pause = _pause * 2 < s_longestPause ? _pause * 2 : s_longestPause;
    }

    private IEnumerable<WatchEvent> Compare(ObjectList list)
    {
        var gone = new Dictionary<(string?, string?), JsonObject>(_known);
        foreach (JsonObject item in list.Items)
        {
            gone.Remove(KeyOf(item));
            if (Remember(item) is { } change)
            {
                yield return change;
            }
        }
        foreach (((string?, string?) key, JsonObject item) in gone)
        {
            _known.Remove(key);
            yield return new WatchEvent(WatchEventKind.Deleted, item);
        }
    }

    /// <returns>The event to tell, if any.</returns>
    private WatchEvent? Read(JsonObject line)
    {
        JsonObject? item = line.Child("object");
        switch (line.Text("type"))
        {
            case "BOOKMARK":
                _version = item.ResourceVersion() ?? _version;
                return null;
            case "ADDED" or "MODIFIED" when item is not null:
                _version = item.ResourceVersion() ?? _version;
                line.Remove("object");
                return Remember(item);
            case "DELETED" when item is not null:
                _version = item.ResourceVersion() ?? _version;
                line.Remove("object");
                _known.Remove(KeyOf(item));
                return new WatchEvent(WatchEventKind.Deleted, item);
            case "ERROR" when item is not null:
                KubernetesException fault = KubernetesException.From(_what, item);
                if (fault.IsGone || fault.Reason is "Gone" or "Expired")
                {
                    _version = null;
                    return null;
                }
                if (fault.Code is >= 400 and < 500 and not 429)
                {
                    throw fault;
                }
                _outageBegan ??= options.TimeProvider.GetTimestamp();
                return null;
            default:
                return null; // Types of later API versions are for later clients.
        }
    }

    private WatchEvent? Remember(JsonObject item)
    {
        bool isKnown = _known.TryGetValue(KeyOf(item), out JsonObject? before);
        _known[KeyOf(item)] = item;
        return !isKnown ? new WatchEvent(WatchEventKind.Added, item)
            : before.ResourceVersion() is { } version && version == item.ResourceVersion() ? null
            : new WatchEvent(WatchEventKind.Modified, item);
    }

    private static (string?, string?) KeyOf(JsonObject item) =>
        (item.Metadata().Text("namespace"), item.Metadata().Text("name"));

    private static WatchEvent Synced(string version) =>
        new(WatchEventKind.Synced, new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = version } });
}
