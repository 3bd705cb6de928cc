namespace EmbeddedKubernetes.Api.Tables;

/// <summary>The columns a custom resource definition declares.</summary>
internal static class CustomColumns
{
    public static IReadOnlyList<TableColumn> For(ResourceType type) =>
        [TableColumns.Name, .. type.Columns.Length == 0 ? [TableColumns.Age] : type.Columns.Select(Column)];

    private static TableColumn Column(PrinterColumn column)
    {
        var path = JsonPath.Parse(column.JsonPath);
        return new(column.Name, (o, now) => Cell(path.First(o), column.Type, now))
        {
            Type = column.Type,
            Format = column.Format,
            Description = column.Description,
            Priority = column.Priority,
        };
    }

    private static JsonNode? Cell(JsonNode? value, string type, DateTimeOffset now) =>
        (value, type) switch
        {
            (null, _) => null,
            (_, "date") => HumanTime.Since(value.AsString(), now),
            (_, "string") => value.AsString() ?? value.Text(),
            _ => value.DeepClone(),
        };
}
