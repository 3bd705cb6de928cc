namespace EmbeddedKubernetes.Admission;

/// <summary>Gives new pods what the limit ranges of their namespace say, and refuses what lies outside.</summary>
internal static class LimitRanges
{
    /// <exception cref="ApiException">The object asks for more or less than a range allows.</exception>
    public static void Admit(ResourceType type, JsonObject value, ObjectStore store)
    {
        var ranges = store.List("limitranges.", value.Str("metadata", "namespace") ?? "");
        if (ranges.Length == 0)
        {
            return;
        }
        var items = ranges.SelectMany(r => r.Read().Obj("spec").Arr("limits").Objects()).ToList();
        var why = new List<string>();
        if (type.Storage == "pods.")
        {
            Pod(value, items, why);
        }
        else
        {
            var requests = value.Obj("spec").Obj("resources").Obj("requests");
            foreach (var item in items.Where(i => i.Str("type") == "PersistentVolumeClaim"))
            {
                Bounds(item, requests, requests, why, "request");
            }
        }
        if (why.Count > 0)
        {
            var text = why.Count == 1 ? why[0] : $"[{string.Join(", ", why)}]";
            throw ApiException.Forbidden(type, value.Str("metadata", "name") ?? "", text);
        }
    }

    private static void Pod(JsonObject pod, List<JsonObject> items, List<string> why)
    {
        var spec = pod.Child("spec");
        var ofContainers = items.Where(i => i.Str("type") == "Container").ToList();
        var told = new List<string>();
        foreach (var list in (ReadOnlySpan<string>)["containers", "initContainers"])
        {
            foreach (var container in spec.Arr(list).Objects())
            {
                var what = (list == "containers" ? "container " : "init container ") + container.Str("name");
                foreach (var item in ofContainers)
                {
                    Give(container, "requests", item.Obj("defaultRequest"), "request for " + what, told);
                    Give(container, "limits", item.Obj("default"), "limit for " + what, told);
                }
            }
        }
        if (told.Count > 0)
        {
            pod.Metadata().Child("annotations")["kubernetes.io/limit-ranger"] =
                "LimitRanger plugin set: " + string.Join("; ", told);
        }
        foreach (var item in items)
        {
            if (item.Str("type") == "Pod")
            {
                Bounds(item, Sum(spec, "requests"), Sum(spec, "limits"), why);
            }
            else if (item.Str("type") == "Container")
            {
                foreach (var container in spec.Arr("containers").Objects().Concat(spec.Arr("initContainers").Objects()))
                {
                    var resources = container.Obj("resources");
                    Bounds(item, resources.Obj("requests"), resources.Obj("limits"), why);
                }
            }
        }
    }

    private static void Give(JsonObject container, string field, JsonObject? amounts, string what, List<string> told)
    {
        var given = (amounts ?? [])
            .Where(a => container.Obj("resources").Obj(field)?[a.Key] is null)
            .OrderBy(a => a.Key, StringComparer.Ordinal)
            .ToList();
        if (given.Count == 0)
        {
            return;
        }
        foreach (var (name, amount) in given)
        {
            container.Child("resources").Child(field)[name] = amount?.DeepClone();
        }
        told.Add($"{string.Join(", ", given.Select(g => g.Key))} {what}");
    }

    private static JsonObject Sum(JsonObject spec, string of) =>
        new(
            PodResources
                .Sum(spec, of)
                .Select(a => KeyValuePair.Create<string, JsonNode?>(a.Key, Quantity.Text(a.Value)))
        );

    private static void Bounds(
        JsonObject item,
        JsonObject? requests,
        JsonObject? limits,
        List<string> why,
        string upper = "limit"
    )
    {
        var type = item.Str("type");
        foreach (var (name, bound) in item.Obj("min") ?? [])
        {
            var usage = $"minimum {name} usage per {type} is {Quantity.Text(bound)}";
            var (request, limit) = (requests?[name], limits?[name]);
            why.AddRange(
                request is null ? [usage + ".  No request is specified"]
                : Quantity.Parse(request) < Quantity.Parse(bound)
                    ? [$"{usage}, but request is {Quantity.Text(request)}"]
                : Quantity.Parse(limit) < Quantity.Parse(bound) ? [$"{usage}, but limit is {Quantity.Text(limit)}"]
                : []
            );
        }
        foreach (var (name, bound) in item.Obj("max") ?? [])
        {
            var usage = $"maximum {name} usage per {type} is {Quantity.Text(bound)}";
            var (request, limit) = (requests?[name], limits?[name]);
            why.AddRange(
                limit is null ? [$"{usage}.  No {upper} is specified"]
                : Quantity.Parse(limit) > Quantity.Parse(bound) ? [$"{usage}, but {upper} is {Quantity.Text(limit)}"]
                : Quantity.Parse(request) > Quantity.Parse(bound)
                    ? [$"{usage}, but request is {Quantity.Text(request)}"]
                : []
            );
        }
        foreach (var (name, bound) in item.Obj("maxLimitRequestRatio") ?? [])
        {
            var most = $"{name} max limit to request ratio per {type} is {Quantity.Text(bound)}, but ";
            var (request, limit) = (Quantity.Parse(requests?[name]), Quantity.Parse(limits?[name]));
            why.AddRange(
                !(request > 0) ? [most + "no request is specified or request is 0"]
                : !(limit > 0) ? [most + "no limit is specified or limit is 0"]
                : limit / request > Quantity.Parse(bound)
                    ? [string.Create(CultureInfo.InvariantCulture, $"{most}provided ratio is {limit / request:F6}")]
                : []
            );
        }
    }
}
