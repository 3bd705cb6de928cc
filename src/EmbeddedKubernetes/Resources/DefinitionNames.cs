namespace EmbeddedKubernetes.Resources;

/// <summary>
/// Which names of a definition are free in its group, as the naming controller of the API server decides it, and what
/// its status says of that.
/// </summary>
internal static class DefinitionNames
{
    /// <summary>Whether a status says that the definition is to be served; one that says nothing is.</summary>
    public static bool IsEstablished(JsonObject definition) =>
        Condition(definition, "Established") is not { } established || established.Str("status") == "True";

    /// <summary>Writes what became of the names into the status: those that others have are not accepted.</summary>
    /// <param name="definition">The definition; its status is as if all names were accepted.</param>
    /// <param name="live">The definition as it was, or <see langword="null"/>.</param>
    /// <param name="others">All other kinds of its group.</param>
    /// <param name="now">The time of a change.</param>
    public static void Accept(JsonObject definition, JsonObject? live, IEnumerable<ResourceType> others, string now)
    {
        if (
            definition.Obj("spec").Obj("names") is not { } names
            || definition.Obj("status").Obj("acceptedNames") is not { } accepted
        )
        {
            return;
        }
        var resources = new HashSet<string>(StringComparer.Ordinal);
        var kinds = new HashSet<string>(StringComparer.Ordinal);
        foreach (var other in others)
        {
            resources.UnionWith([other.Plural, other.Singular, .. other.ShortNames]);
            kinds.UnionWith([other.Kind, other.ListKindName ?? other.Kind + "List"]);
        }
        var before = live.Obj("status").Obj("acceptedNames");
        (string Reason, string Name)? conflict = null;
        Check("plural", "PluralConflict", resources);
        Check("singular", "SingularConflict", resources);
        foreach (var name in names.Arr("shortNames") ?? [])
        {
            if (name.AsString() is { } text && resources.Contains(text))
            {
                conflict = ("ShortNamesConflict", text);
                accepted.Remove("shortNames");
            }
        }
        Check("kind", "KindConflict", kinds);
        Check("listKind", "ListKindConflict", kinds);
        if (conflict is not { } found)
        {
            return;
        }
        Set("NamesAccepted", found.Reason, $"\"{found.Name}\" is already in use");
        if (live is null || !IsEstablished(live))
        {
            Set("Established", "NotAccepted", "not all names are accepted");
        }

        void Check(string field, string reason, HashSet<string> taken)
        {
            if (names.Str(field) is { } name && taken.Contains(name))
            {
                conflict = (reason, name);
                accepted[field] = before.Str(field) ?? "";
            }
        }

        void Set(string type, string reason, string message)
        {
            var condition = Condition(definition, type)!;
            var was = Condition(live, type);
            condition["status"] = "False";
            condition["lastTransitionTime"] = was.Str("status") == "False" ? was.Str("lastTransitionTime") ?? now : now;
            condition["reason"] = reason;
            condition["message"] = message;
        }
    }

    private static JsonObject? Condition(JsonObject? definition, string type) =>
        definition.Obj("status").Arr("conditions").Objects().FirstOrDefault(c => c.Str("type") == type);
}
