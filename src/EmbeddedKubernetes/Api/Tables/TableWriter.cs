using EmbeddedKubernetes.Api.Requests;

namespace EmbeddedKubernetes.Api.Tables;

/// <summary>Shows objects as rows.</summary>
internal sealed class TableWriter(ResourceType type, ApiRequest request, TimeProvider time)
{
    private readonly IReadOnlyList<TableColumn> _columns = TableColumns.For(type);
    private readonly string _include = request.Query("includeObject") ?? "Metadata";
    private bool _headerSent;

    public JsonObject Many(IEnumerable<JsonObject> items, JsonObject metadata) =>
        Table(items.Select(Row).ToJsonArray(), metadata, header: true);

    /// <summary>One object; in a watch only the first table carries the columns.</summary>
    public JsonObject Single(JsonObject value)
    {
        var metadata = new JsonObject { ["resourceVersion"] = value.Str("metadata", "resourceVersion") ?? "" };
        var table = Table(new JsonArray(Row(value)), metadata, !_headerSent);
        _headerSent = true;
        return table;
    }

    public JsonObject Bookmark(JsonObject value)
    {
        var metadata = new JsonObject { ["resourceVersion"] = value.Str("metadata", "resourceVersion") };
        var row = new JsonObject { ["cells"] = new JsonArray(), ["object"] = PartialMetadata.Of(value) };
        return Table(new JsonArray(row), metadata, header: false);
    }

    private JsonObject Table(JsonArray rows, JsonObject metadata, bool header)
    {
        var columns = _columns.Select(column => new JsonObject
        {
            ["name"] = column.Name,
            ["type"] = column.Type,
            ["format"] = column.Format,
            ["description"] = column.Description,
            ["priority"] = column.Priority,
        });
        return new()
        {
            ["kind"] = "Table",
            ["apiVersion"] = "meta.k8s.io/v1",
            ["metadata"] = metadata,
            ["columnDefinitions"] = header ? columns.ToJsonArray() : null,
            ["rows"] = rows,
        };
    }

    private JsonObject Row(JsonObject value)
    {
        var now = time.GetUtcNow();
        return new()
        {
            ["cells"] = _columns.Select(c => c.Cell(value, now)).ToJsonArray(),
            ["object"] = _include switch
            {
                "None" => null,
                "Object" => value.DeepClone(),
                _ => PartialMetadata.Of(value),
            },
        };
    }
}
