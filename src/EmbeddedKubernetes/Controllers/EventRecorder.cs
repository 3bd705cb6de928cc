using EmbeddedKubernetes.Objects;

namespace EmbeddedKubernetes.Controllers;

/// <summary>Writes core Events; repeated ones are counted, and the oldest go when there are many.</summary>
internal sealed class EventRecorder(ClusterObjects objects)
{
    private const int MaxEvents = 1000;
    private static readonly TimeSpan s_keepFor = TimeSpan.FromHours(1);
    private readonly ResourceType _type = objects.Catalogue.BuiltIn("v1", "Event");
    private readonly ResourceType _namespaces = objects.Catalogue.BuiltIn("v1", "Namespace");
    private readonly Dictionary<(string? Uid, string Reason, string Message), string> _names = [];
    private long _last;
    private int _sinceCleanup;

    public void Normal(JsonObject about, string reason, string message, string component) =>
        Record("Normal", about, reason, message, component);

    public void Warning(JsonObject about, string reason, string message, string component) =>
        Record("Warning", about, reason, message, component);

    private void Record(string type, JsonObject about, string reason, string message, string component)
    {
        var ns = about.Str("metadata", "namespace") is { Length: > 0 } own ? own : "default";
        var subject = about.Str("metadata", "name") ?? "";
        var now = objects.Now;
        if (objects.Store.Get(_namespaces.Key("", ns)) is not { Terminating: false })
        {
            // The namespace is going: events are only told, never promised.
            return;
        }
        // Straight to the store: the server's own events need no checking, and there are many.
        var what = (about.Str("metadata", "uid"), reason, message);
        var before = _names.TryGetValue(what, out var known) ? objects.Store.Get(_type.Key(ns, known)) : null;
        var name = before?.Key.Name ?? NextName(subject);
        var key = _type.Key(ns, name);
        _names[what] = name;
        var value = before?.Read() ?? Make(type, about, reason, message, component, ns, name, now);
        value["count"] = (value.Long("count") ?? 0) + 1;
        value["lastTimestamp"] = now;
        objects.Store.TryPut(key, before, value);
        if (++_sinceCleanup >= 100)
        {
            _sinceCleanup = 0;
            Forget();
        }
    }

    // Names rise with time, so that a list of one object's events is in their order.
    private string NextName(string subject)
    {
        if (_names.Count >= 2 * MaxEvents)
        {
            _names.Clear();
        }
        _last = Math.Max(_last + 1, (objects.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks);
        return $"{subject}.{_last * 100:x16}";
    }

    private static JsonObject Make(
        string type,
        JsonObject about,
        string reason,
        string message,
        string component,
        string ns,
        string name,
        string now
    ) =>
        new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Event",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = ns,
                ["uid"] = Guid.NewGuid().ToString(),
                ["creationTimestamp"] = now,
            },
            ["involvedObject"] = new JsonObject
            {
                ["apiVersion"] = about.Str("apiVersion"),
                ["kind"] = about.Str("kind"),
                ["name"] = about.Str("metadata", "name"),
                ["namespace"] = about.Str("metadata", "namespace"),
                ["uid"] = about.Str("metadata", "uid"),
                ["resourceVersion"] = about.Str("metadata", "resourceVersion"),
            },
            ["reason"] = reason,
            ["message"] = message,
            ["type"] = type,
            ["firstTimestamp"] = now,
            ["source"] = new JsonObject { ["component"] = component },
            ["reportingComponent"] = component,
            ["reportingInstance"] = "",
        };

    private void Forget()
    {
        var events = objects.Store.List(_type.Storage);
        var oldest = ClusterObjects.Timestamp(objects.Time.GetUtcNow() - s_keepFor);
        var excess = events.Length - MaxEvents;
        // A repeated event is written anew, so the order of versions is that of their last times.
        foreach (var stored in events.OrderBy(e => e.ResourceVersion))
        {
            if (excess-- <= 0 && string.CompareOrdinal(stored.Read().Str("lastTimestamp") ?? oldest, oldest) >= 0)
            {
                return;
            }
            objects.Store.TryDelete(stored);
        }
    }
}
