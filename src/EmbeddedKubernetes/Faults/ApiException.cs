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
        About(type, name, 404, "NotFound", "not found");

    public static ApiException NoSuchPath() =>
        new(404, "NotFound", "the server could not find the requested resource", new JsonObject());

    public static ApiException AlreadyExists(ResourceType type, string name) =>
        About(type, name, 409, "AlreadyExists", "already exists");

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

    public static ApiException Invalid(string kind, string group, string name, IReadOnlyList<FieldFault> faults)
    {
        var details = Details(kind, group, name);
        details["causes"] = faults.Select(f => Cause(f.Reason, f.Message, f.Field)).ToJsonArray();
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

    public static ApiException UnsupportedMedia(string message) =>
        new(415, "UnsupportedMediaType", message, new JsonObject());

    public static ApiException TooLarge(string why) =>
        new(413, "RequestEntityTooLarge", "Request entity too large: " + why);

    public static ApiException Forbidden(ResourceType type, string name, string why) =>
        About(type, name, 403, "Forbidden", "is forbidden: " + why);

    public static ApiException Internal(string message) => new(500, "InternalError", message);

    public static ApiException NotAllowed() =>
        new(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
            new JsonObject()
        );

    public static ApiException Gone(string message) => new(410, "Expired", message);

    /// <summary>One of the causes in the details of a refusal.</summary>
    public static JsonObject Cause(string reason, string message, string field) =>
        new()
        {
            ["reason"] = reason,
            ["message"] = message,
            ["field"] = field,
        };

    private static ApiException About(ResourceType type, string name, int code, string reason, string what) =>
        new(code, reason, $"{type.QualifiedPlural} \"{name}\" {what}", Details(type.Plural, type.Group, name));

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
