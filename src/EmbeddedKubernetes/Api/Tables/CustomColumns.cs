namespace EmbeddedKubernetes.Api.Tables;

/// <summary>The columns a custom resource definition declares.</summary>
internal static class CustomColumns
{
    public static IReadOnlyList<TableColumn> For(ResourceType type)
    {
        var columns = new List<TableColumn> { TableColumns.Name };
        foreach (var column in type.Columns)
        {
            var path = JsonPath.Parse(column.JsonPath);
            columns.Add(
                new(column.Name, (o, now) => Cell(path.First(o), column.Type, now))
                {
                    Type = column.Type == "date" ? "date" : column.Type,
                    Format = column.Format,
                    Description = column.Description,
                    Priority = column.Priority,
                }
            );
        }
        if (type.Columns.Length == 0)
        {
            columns.Add(TableColumns.Age);
        }
        return columns;
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
