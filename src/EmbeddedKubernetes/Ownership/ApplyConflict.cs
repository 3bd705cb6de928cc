namespace EmbeddedKubernetes.Ownership;

/// <summary>Tells an applier whose fields it would have changed.</summary>
internal static class ApplyConflict
{
    public static ApiException ToException(List<(ManagerClaim Claim, FieldSet Fields)> conflicts)
    {
        var causes = new JsonArray();
        var text = new StringBuilder();
        var count = 0;
        foreach (var (claim, fields) in conflicts.OrderBy(c => c.Claim.Manager, StringComparer.Ordinal))
        {
            var with = Describe(claim);
            var paths = fields.Paths().ToList();
            count += paths.Count;
            foreach (var path in paths)
            {
                causes.Add((JsonNode)ApiException.Cause("FieldManagerConflict", "conflict with " + with, path));
            }
            text.Append(text.Length > 0 ? "\n" : "");
            if (paths.Count == 1)
            {
                text.Append("conflict with ").Append(with).Append(": ").Append(paths[0]);
                continue;
            }
            text.Append("conflicts with ").Append(with).Append(':');
            foreach (var path in paths)
            {
                text.Append("\n- ").Append(path);
            }
        }
        var message = $"Apply failed with {count} conflict{(count == 1 ? "" : "s")}: {text}";
        return new(409, "Conflict", message, new JsonObject { ["causes"] = causes });
    }

    private static string Describe(ManagerClaim claim)
    {
        var text = new StringBuilder().Append('"').Append(claim.Manager).Append('"');
        if (claim.Subresource.Length > 0)
        {
            text.Append(" with subresource \"").Append(claim.Subresource).Append('"');
        }
        if (!claim.IsApply && claim.ApiVersion.Length > 0)
        {
            text.Append(" using ").Append(claim.ApiVersion);
        }
        return text.ToString();
    }
}
