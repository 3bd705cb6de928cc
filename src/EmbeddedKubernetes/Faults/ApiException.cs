namespace EmbeddedKubernetes.Faults;

/// <summary>A refusal the client is told as a <c>Status</c> object.</summary>
internal sealed class ApiException(int code, string reason, string message, JsonObject? details = null)
    : Exception(message)
{
    public int Code { get; } = code;

    public string Reason { get; } = reason;

    public JsonObject ToStatus()
    {
        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = Message,
            ["reason"] = Reason,
        };
        if (details is not null)
        {
            status["details"] = details.DeepClone();
        }
        status["code"] = Code;
        return status;
    }

    public static ApiException NotFound(ResourceType type, string name) =>
        new(404, "NotFound", $"{type.QualifiedPlural} \"{name}\" not found", Details(type.Plural, type.Group, name));

    public static ApiException NoSuchPath() =>
        new(404, "NotFound", "the server could not find the requested resource", new JsonObject());

    public static ApiException AlreadyExists(ResourceType type, string name) =>
        new(
            409,
            "AlreadyExists",
            $"{type.QualifiedPlural} \"{name}\" already exists",
            Details(type.Plural, type.Group, name)
        );

    public static ApiException Conflict(ResourceType type, string name, string why) =>
        new(
            409,
            "Conflict",
            $"Operation cannot be fulfilled on {type.QualifiedPlural} \"{name}\": {why}",
            Details(type.Plural, type.Group, name)
        );

    public static ApiException Stale(ResourceType type, string name) =>
        Conflict(
            type,
            name,
            "the object has been modified; please apply your changes to the latest version and try again"
        );

    public static ApiException Invalid(ResourceType type, string name, IReadOnlyList<FieldFault> faults) =>
        Invalid(type.Kind, type.Group, name, faults);

    public static ApiException Invalid(string kind, string group, string name, IReadOnlyList<FieldFault> faults)
    {
        var details = Details(kind, group, name);
        var causes = new JsonArray();
        foreach (var fault in faults)
        {
            causes.Add(
                (JsonNode)
                    new JsonObject
                    {
                        ["reason"] = fault.Reason,
                        ["message"] = fault.Message,
                        ["field"] = fault.Field,
                    }
            );
        }
        details["causes"] = causes;
        var text = string.Join(", ", faults.Select(f => $"{f.Field}: {f.Message}"));
        if (faults.Count > 1)
        {
            text = "[" + text + "]";
        }
        return new(
            422,
            "Invalid",
            $"{(group.Length == 0 ? kind : kind + "." + group)} \"{name}\" is invalid: {text}",
            details
        );
    }

    public static ApiException BadRequest(string message) => new(400, "BadRequest", message);

    public static ApiException Forbidden(ResourceType type, string name, string why) =>
        new(
            403,
            "Forbidden",
            $"{type.QualifiedPlural} \"{name}\" is forbidden: {why}",
            Details(type.Plural, type.Group, name)
        );

    public static ApiException NotAllowed() =>
        new(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
            new JsonObject()
        );

    public static ApiException Gone(string message) => new(410, "Expired", message);

    private static JsonObject Details(string kind, string group, string name)
    {
        var details = new JsonObject { ["name"] = name };
        if (group.Length > 0)
        {
            details["group"] = group;
        }
        details["kind"] = kind;
        return details;
    }
}
