namespace EmbeddedKubernetes.Api.Tables;

/// <summary>A column and how to fill it.</summary>
internal sealed record TableColumn(string Name, Func<JsonObject, DateTimeOffset, JsonNode?> Cell)
{
    public string Type { get; init; } = "string";

    public string Format { get; init; } = "";

    public string Description { get; init; } = "";

    /// <summary>0 is always shown, 1 only in wide output.</summary>
    public int Priority { get; init; }
}

/// <summary>The columns of a kind.</summary>
internal static class TableColumns
{
    public static IReadOnlyList<TableColumn> For(ResourceType type)
    {
        if (type.IsCustom)
        {
            return CustomColumns.For(type);
        }
        var own =
            type.Storage == "pods."
                ? PodColumns.All
                : WorkloadColumns.For(type.Storage)
                    ?? CoreColumns.For(type)
                    ?? ClusterColumns.For(type.Storage)
                    ?? [Age];
        // Events are told apart by what they are about; their own names are last, in wide output.
        return type.Kind == "Event" ? [.. own, Name with { Priority = 1 }] : [Name, .. own];
    }

    public static readonly TableColumn Name = new("Name", (o, _) => o.Str("metadata", "name"))
    {
        Format = "name",
        Description = "Name of the object, unique among its kind and namespace.",
    };

    public static readonly TableColumn Age = new(
        "Age",
        (o, now) => HumanTime.Since(o.Str("metadata", "creationTimestamp"), now)
    )
    {
        Description = "Time since the object was created.",
    };

    public static readonly TableColumn CreatedAt = new("Created At", (o, _) => o.Str("metadata", "creationTimestamp"));

    public static TableColumn Text(string name, Func<JsonObject, string?> cell, int wide = 0) =>
        new(name, (o, _) => cell(o)) { Priority = wide };

    public static TableColumn Number(string name, Func<JsonObject, long?> cell, int wide = 0) =>
        new(name, (o, _) => cell(o) ?? 0) { Type = "integer", Priority = wide };

    /// <summary>Containers, images and the selector: what wide output adds for workloads.</summary>
    public static TableColumn[] Wide(Func<JsonObject, JsonObject?> podSpec, Func<JsonObject, string>? selector = null)
    {
        TableColumn[] containers =
        [
            Text("Containers", o => Join(podSpec(o), "name"), 1),
            Text("Images", o => Join(podSpec(o), "image"), 1),
        ];
        return selector is null ? containers : [.. containers, Text("Selector", selector, 1)];
    }

    public static string SelectorText(JsonObject? selector)
    {
        var text = Selectors.LabelSelector.From(selector)?.ToString();
        return string.IsNullOrEmpty(text) ? "<none>" : text;
    }

    /// <summary>The addresses under which a load balancer reaches the object.</summary>
    public static string LoadBalancer(JsonObject o) =>
        string.Join(
            ',',
            o.Obj("status").Obj("loadBalancer").Arr("ingress").Objects().Select(i => i.Str("ip") ?? i.Str("hostname"))
        );

    public static string OrNone(string? text) => string.IsNullOrEmpty(text) ? "<none>" : text;

    private static string Join(JsonObject? podSpec, string field) =>
        string.Join(',', podSpec.Arr("containers").Objects().Select(c => c.Str(field)));
}
