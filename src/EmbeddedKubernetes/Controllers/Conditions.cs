namespace EmbeddedKubernetes.Controllers;

/// <summary>Reading and writing status conditions.</summary>
internal static class Conditions
{
    public static JsonObject? Find(JsonObject? status, string type) =>
        status.Arr("conditions").Objects().FirstOrDefault(c => c.Str("type") == type);

    public static bool IsTrue(JsonObject? status, string type) => Find(status, type).Str("status") == "True";

    /// <summary>Sets a condition; the transition time moves only when its status does.</summary>
    /// <returns>The condition, for fields some kinds add.</returns>
    public static JsonObject Set(
        JsonObject status,
        string type,
        bool value,
        string? reason,
        string? message,
        string now
    )
    {
        var conditions = status.Arr("conditions");
        if (conditions is null)
        {
            status["conditions"] = conditions = [];
        }
        var condition = Find(status, type);
        if (condition is null)
        {
            condition = new JsonObject { ["type"] = type };
            conditions.Add((JsonNode)condition);
        }
        var text = value ? "True" : "False";
        if (condition.Str("status") != text)
        {
            condition["status"] = text;
            condition["lastTransitionTime"] = now;
        }
        Put(condition, "reason", reason);
        Put(condition, "message", message);
        return condition;
    }

    private static void Put(JsonObject target, string name, string? value)
    {
        if (value is null)
        {
            target.Remove(name);
        }
        else
        {
            target[name] = value;
        }
    }
}
