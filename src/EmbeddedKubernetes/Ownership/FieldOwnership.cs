namespace EmbeddedKubernetes.Ownership;

/// <summary>Who is writing, and through which door.</summary>
internal sealed record Writer(string Manager, string Subresource, string Time);

/// <summary>Keeps track of who set which field, for updates and for server-side apply.</summary>
internal static class FieldOwnership
{
    // Built-in objects are written with these parts always present, so nobody adds them.
    private static readonly string[] s_alwaysPresent =
    [
        "f:metadata",
        "f:spec",
        "f:status",
        "f:template",
        "f:strategy",
        "f:updateStrategy",
        "f:jobTemplate",
    ];

    /// <summary>Records an update's changes in <paramref name="updated"/>'s managedFields.</summary>
    public static void RecordUpdate(JsonObject? live, JsonObject updated, ResourceType type, Writer writer)
    {
        var sent = updated.Metadata().Arr("managedFields");
        if (sent is [JsonObject { Count: 0 }])
        {
            // The way to ask for a fresh start: nothing is tracked until the next apply.
            updated.Metadata().Remove("managedFields");
            return;
        }
        if (live is not null && live.At("metadata", "managedFields") is null && sent is null)
        {
            return;
        }
        var claims = ManagedFields.Read(sent is { Count: > 0 } ? sent : live.Obj("metadata").Arr("managedFields"));
        var (before, after) = (Detach(live), Detach(updated));
        var changes = FieldWalk.Compare(live, updated, type.Schema);
        Attach(live, before);
        Attach(updated, after);
        Take(claims, changes, live is null, type, writer);
        Write(updated, claims);
    }

    /// <summary>Records that a status was replaced, which is all that changed.</summary>
    public static void RecordStatus(JsonObject updated, JsonNode? before, ResourceType type, Writer writer)
    {
        if (updated.Metadata().Arr("managedFields") is not { } books)
        {
            return;
        }
        var claims = ManagedFields.Read(books);
        var changes = FieldWalk.CompareField("status", before, updated["status"], type.Schema);
        Take(claims, changes, created: false, type, writer);
        Write(updated, claims);
    }

    private static void Take(
        List<ManagerClaim> claims,
        FieldChanges changes,
        bool created,
        ResourceType type,
        Writer writer
    )
    {
        var taken = Restrict(changes.Added.Union(changes.Modified), type, writer.Subresource);
        var lost = changes.Removed.Union(taken);
        for (var i = claims.Count - 1; i >= 0; i--)
        {
            claims[i] = claims[i] with { Fields = claims[i].Fields.Except(lost) };
        }
        if (created && !type.IsCustom)
        {
            ForgetAlwaysPresent(taken);
        }
        if (!taken.IsEmpty)
        {
            var mine = new ManagerClaim(writer.Manager, ManagerClaim.Update, type.ApiVersion, writer.Subresource);
            var index = claims.FindIndex(mine.SameManager);
            var fields = index < 0 ? taken : claims[index].Fields.Union(taken);
            mine = mine with { Fields = fields, Time = writer.Time };
            if (index < 0)
            {
                claims.Add(mine);
            }
            else
            {
                claims[index] = mine;
            }
        }
        claims.RemoveAll(c => c.Fields.IsEmpty);
    }

    /// <summary>Applies a configuration and returns the object it leads to.</summary>
    /// <exception cref="ApiException">Another manager owns a field with a different value and <paramref name="force"/> is off.</exception>
    public static JsonObject Apply(JsonObject? live, JsonObject config, ResourceType type, Writer writer, bool force)
    {
        var books = Detach(live);
        var claims = ManagedFields.Read(books.Value as JsonArray);
        if (live is not null && claims.Count == 0)
        {
            claims.Add(
                new("before-first-apply", ManagerClaim.Update, type.ApiVersion, "")
                {
                    Fields = ManagedFields.WithoutServerFields(FieldWalk.Claimed(live, type.Schema)),
                    Time = writer.Time,
                }
            );
        }
        var merged = (JsonObject)ApplyMerge.Merge(live ?? [], config, type.Schema)!;
        var mine = new ManagerClaim(writer.Manager, ManagerClaim.Apply, type.ApiVersion, writer.Subresource)
        {
            Fields = Restrict(FieldWalk.Claimed(config, type.Schema), type, writer.Subresource),
            Time = writer.Time,
        };
        var index = claims.FindIndex(mine.SameManager);
        var last = index < 0 ? null : claims[index];
        if (index >= 0)
        {
            claims.RemoveAt(index);
        }
        if (last is not null)
        {
            var owned = claims.Aggregate(mine.Fields, (all, c) => all.Union(c.Fields));
            ApplyMerge.Prune(merged, type.Schema, last.Fields, owned);
        }
        var changes = FieldWalk.Compare(live ?? [], merged, type.Schema);
        Attach(live, books);
        ResolveConflicts(claims, changes, force);
        var unchanged = changes.Added.IsEmpty && changes.Modified.IsEmpty && changes.Removed.IsEmpty;
        if (!mine.Fields.IsEmpty)
        {
            claims.Add(unchanged && last is not null ? mine with { Time = last.Time } : mine);
        }
        Write(merged, claims);
        return merged;
    }

    private static void ResolveConflicts(List<ManagerClaim> claims, FieldChanges changes, bool force)
    {
        var touched = changes.Added.Union(changes.Modified);
        var conflicts = new List<(ManagerClaim Claim, FieldSet Fields)>();
        for (var i = 0; i < claims.Count; i++)
        {
            var disputed = claims[i].Fields.Intersect(touched);
            if (!disputed.IsEmpty)
            {
                conflicts.Add((claims[i], disputed));
            }
            claims[i] = claims[i] with { Fields = claims[i].Fields.Except(disputed).Except(changes.Removed) };
        }
        if (conflicts.Count > 0 && !force)
        {
            throw ApplyConflict.ToException(conflicts);
        }
        claims.RemoveAll(c => c.Fields.IsEmpty);
    }

    // The door decides what can be owned: the object itself without its status, or the status alone.
    private static FieldSet Restrict(FieldSet set, ResourceType type, string subresource)
    {
        if (subresource.Length == 0 && type.HasStatus)
        {
            set.Remove("f:status");
        }
        else if (subresource == "status")
        {
            foreach (var (step, _) in set.Children.ToList())
            {
                if (step != "f:status")
                {
                    set.Remove(step);
                }
            }
        }
        return ManagedFields.WithoutServerFields(set);
    }

    // The books are not part of what they are kept about: they are set aside while that is looked at.
    private static (JsonNode? Value, int Index) Detach(JsonObject? value)
    {
        if (value.Obj("metadata") is not { } metadata || metadata["managedFields"] is not { } books)
        {
            return default;
        }
        var index = metadata.IndexOf("managedFields");
        metadata.RemoveAt(index);
        return (books, index);
    }

    private static void Attach(JsonObject? value, (JsonNode? Value, int Index) books)
    {
        if (books.Value is not null)
        {
            value!.Metadata().Insert(books.Index, "managedFields", books.Value);
        }
    }

    private static void ForgetAlwaysPresent(FieldSet set)
    {
        foreach (var (step, child) in set.Children.ToList())
        {
            if (s_alwaysPresent.Contains(step) && child.HasChildren)
            {
                child.Member = false;
                ForgetAlwaysPresent(child);
            }
        }
    }

    private static void Write(JsonObject target, List<ManagerClaim> claims)
    {
        target.Metadata().PutList("managedFields", ManagedFields.Write(claims));
    }
}
