using System.Buffers;
using EmbeddedKubernetes.Api.Requests;
using EmbeddedKubernetes.Api.Tables;
using EmbeddedKubernetes.Objects;
using Microsoft.AspNetCore.Http.Features;

namespace EmbeddedKubernetes.Api;

/// <summary>Streams changes.</summary>
internal sealed class WatchEndpoint(ClusterObjects objects, CancellationToken stopping)
{
    private static readonly TimeSpan s_bookmarkEvery = TimeSpan.FromSeconds(50);
    private static readonly TimeSpan s_defaultTimeout = TimeSpan.FromMinutes(40);

    public async Task HandleAsync(ApiRequest request, RequestTarget target)
    {
        var watch = new Watch(objects, request, target);
        var seconds = request.QueryNumber("timeoutSeconds");
        using var timeout = new CancellationTokenSource(
            seconds > 0 ? TimeSpan.FromSeconds(seconds) : s_defaultTimeout,
            objects.Time
        );
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(
            timeout.Token,
            stopping,
            request.Http.RequestAborted
        );
        using var subscription = watch.TryStart(out var refusal);
        var response = request.Http.Response;
        response.StatusCode = 200;
        response.ContentType = TableRequest.IsWanted(request) ? "application/json;stream=watch" : "application/json";
        request.Http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        try
        {
            await response.StartAsync(linked.Token);
            if (subscription is null)
            {
                await watch.SendErrorAsync(refusal!, linked.Token);
                return;
            }
            await watch.SendInitialAsync(linked.Token);
            await FollowAsync(watch, subscription, linked.Token);
        }
        catch (OperationCanceledException)
        {
            // Timeout, shutdown or a client that left: a watch ends by the end of the stream.
        }
    }

    private async Task FollowAsync(Watch watch, EventSubscription subscription, CancellationToken cancel)
    {
        Task<bool>? more = null;
        while (true)
        {
            more ??= subscription.Events.WaitToReadAsync(cancel).AsTask();
            if (watch.WantsBookmarks && !more.IsCompleted)
            {
                using var bookmark = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                var due = Task.Delay(s_bookmarkEvery, objects.Time, bookmark.Token);
                var first = await Task.WhenAny(more, due);
                await bookmark.CancelAsync();
                if (first == due)
                {
                    cancel.ThrowIfCancellationRequested();
                    await watch.SendBookmarkAsync(subscription, cancel);
                    continue;
                }
            }
            if (!await more)
            {
                return;
            }
            more = null;
            while (subscription.Events.TryRead(out var change))
            {
                await watch.SendAsync(change, cancel);
            }
            await watch.FlushAsync(cancel);
        }
    }
}

/// <summary>One client's view of one collection.</summary>
internal sealed class Watch
{
    private readonly ClusterObjects _objects;
    private readonly ApiRequest _request;
    private readonly RequestTarget _target;
    private readonly Selection _selection;
    private readonly TableWriter? _table;
    private readonly bool _initialBookmark;
    private List<StoredObject> _initial = [];
    private long _seen;

    public Watch(ClusterObjects objects, ApiRequest request, RequestTarget target)
    {
        _objects = objects;
        _request = request;
        _target = target;
        _selection = Selection.Read(request, target);
        _table = TableRequest.IsWanted(request) ? new TableWriter(target.Type, request, objects.Time) : null;
        WantsBookmarks = request.QueryFlag("allowWatchBookmarks");
        _initialBookmark = request.QueryFlag("sendInitialEvents");
    }

    public bool WantsBookmarks { get; }

    /// <returns>Null with a refusal when the version asked for is no longer known.</returns>
    public EventSubscription? TryStart(out ApiException? refusal)
    {
        refusal = null;
        var storage = _target.Type.Storage;
        var asked = _request.Query("resourceVersion");
        if (!_initialBookmark && !string.IsNullOrEmpty(asked) && asked != "0")
        {
            if (!long.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var after))
            {
                throw ApiException.BadRequest($"Invalid value: \"{asked}\": resourceVersion must be a number");
            }
            _seen = after;
            var subscription = _objects.Store.Subscribe(storage, _target.Namespace, after);
            refusal = subscription is null ? ApiException.Gone($"too old resource version: {after}") : null;
            return subscription;
        }
        var (existing, events, version) = _objects.Store.ListAndSubscribe(storage, _target.Namespace);
        _initial = [.. existing];
        _seen = version;
        return events;
    }

    public async Task SendInitialAsync(CancellationToken cancel)
    {
        // The list may be ahead of the disk; what is shown must stay.
        await _objects.Store.SettledAsync(_seen);
        if (_request.Query("sendInitialEvents") is null || _initialBookmark)
        {
            foreach (var stored in _initial)
            {
                if (_selection.Matches(stored, _target.Type))
                {
                    await WriteAsync("ADDED", stored, cancel);
                }
            }
        }
        _initial = [];
        if (_initialBookmark && WantsBookmarks)
        {
            await WriteBookmarkAsync(initialEnd: true, cancel);
        }
        await FlushAsync(cancel);
    }

    public async Task SendAsync(StoreEvent change, CancellationToken cancel)
    {
        if (change.ResourceVersion <= _seen)
        {
            return;
        }
        _seen = change.ResourceVersion;
        var type = _target.Type;
        var matches = change.Type != ChangeType.Deleted && _selection.Matches(change.Object, type);
        var matched = change.Previous is { } previous && _selection.Matches(previous, type);
        switch (matched, matches)
        {
            case (false, true):
                await WriteAsync("ADDED", change.Object, cancel);
                break;
            case (true, true):
                await WriteAsync("MODIFIED", change.Object, cancel);
                break;
            case (true, false) when change.Type == ChangeType.Deleted:
                await WriteAsync("DELETED", change.Object, cancel);
                break;
            case (true, false):
                // The last state the watcher knew, at the version of the change that took it out of view.
                var last = type.Present(change.Previous!);
                last.Metadata()["resourceVersion"] = change.ResourceVersion.ToString(CultureInfo.InvariantCulture);
                await WriteAsync("DELETED", last, cancel);
                break;
        }
    }

    public async Task SendErrorAsync(ApiException error, CancellationToken cancel)
    {
        await WriteRawAsync("ERROR", error.ToStatus(), cancel);
        await FlushAsync(cancel);
    }

    /// <summary>Tells how far the watch is, also where nothing it shows has changed for long.</summary>
    public Task SendBookmarkAsync(EventSubscription subscription, CancellationToken cancel)
    {
        if (subscription.TryGetPassed(out var version))
        {
            _seen = Math.Max(_seen, version);
        }
        return WriteBookmarkAsync(initialEnd: false, cancel);
    }

    private async Task WriteBookmarkAsync(bool initialEnd, CancellationToken cancel)
    {
        var metadata = new JsonObject { ["resourceVersion"] = _seen.ToString(CultureInfo.InvariantCulture) };
        if (initialEnd)
        {
            metadata["annotations"] = new JsonObject { ["k8s.io/initial-events-end"] = "true" };
        }
        var value = new JsonObject
        {
            ["kind"] = _target.Type.Kind,
            ["apiVersion"] = _target.Type.ApiVersion,
            ["metadata"] = metadata,
        };
        await WriteRawAsync("BOOKMARK", _table?.Bookmark(value) ?? value, cancel);
        await FlushAsync(cancel);
    }

    public async Task FlushAsync(CancellationToken cancel) => await _request.Http.Response.Body.FlushAsync(cancel);

    private Task WriteAsync(string type, JsonObject value, CancellationToken cancel) =>
        WriteRawAsync(type, _table?.Single(value) ?? value, cancel);

    private Task WriteAsync(string type, StoredObject stored, CancellationToken cancel) =>
        _table is null && !_target.Type.NeedsConversion
            ? WriteLineAsync(type, stored.Json, cancel)
            : WriteAsync(type, _target.Type.Present(stored), cancel);

    private Task WriteRawAsync(string type, JsonObject value, CancellationToken cancel) =>
        WriteLineAsync(type, value.ToUtf8(), cancel);

    private async Task WriteLineAsync(string type, byte[] value, CancellationToken cancel)
    {
        var body = _request.Http.Response.BodyWriter;
        Encoding.UTF8.GetBytes($$"""{"type":"{{type}}","object":""", body);
        body.Write(value);
        body.Write("}\n"u8);
        await body.FlushAsync(cancel);
    }
}
