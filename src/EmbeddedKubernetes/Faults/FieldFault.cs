namespace EmbeddedKubernetes.Faults;

/// <summary>One thing wrong with one field.</summary>
internal sealed record FieldFault(string Field, string Reason, string Message);

/// <summary>Collects faults, so that all are reported together.</summary>
internal sealed class FieldFaults
{
    private readonly List<FieldFault> _all = [];

    public bool Any => _all.Count > 0;

    public IReadOnlyList<FieldFault> All => _all;

    public void Add(FieldFault fault) => _all.Add(fault);

    public FieldFaults Required(string field, string message = "") =>
        Add(field, "FieldValueRequired", message.Length == 0 ? "Required value" : "Required value: " + message);

    public FieldFaults Invalid(string field, JsonNode? value, string message) =>
        Add(field, "FieldValueInvalid", $"Invalid value: {Show(value)}: {message}");

    public FieldFaults Duplicate(string field, JsonNode? value) =>
        Add(field, "FieldValueDuplicate", $"Duplicate value: {Show(value)}");

    public FieldFaults NotSupported(string field, JsonNode? value, IEnumerable<string> allowed) =>
        Add(
            field,
            "FieldValueNotSupported",
            $"Unsupported value: {Show(value)}: supported values: {string.Join(", ", allowed.Select(a => $"\"{a}\""))}"
        );

    public FieldFaults Forbidden(string field, string message) =>
        Add(field, "FieldValueForbidden", "Forbidden: " + message);

    public FieldFaults NotFound(string field, JsonNode? value) =>
        Add(field, "FieldValueNotFound", $"Not found: {Show(value)}");

    public FieldFaults TypeInvalid(string field, JsonNode? value, string message) =>
        Add(field, "FieldValueTypeInvalid", $"Invalid value: {Show(value)}: {message}");

    public FieldFaults TooLong(string field, string message) => Add(field, "FieldValueTooLong", "Too long: " + message);

    /// <summary>Says that a field has changed which may not.</summary>
    public void Immutable(string field, JsonNode? value, JsonNode? before)
    {
        if (!JsonNode.DeepEquals(value, before))
        {
            Invalid(field, value, "field is immutable");
        }
    }

    public ApiException ToException(ResourceType type, string name) => ToException(type.Kind, type.Group, name);

    public ApiException ToException(string kind, string group, string name) =>
        ApiException.Invalid(kind, group, name, _all);

    private FieldFaults Add(string field, string reason, string message)
    {
        _all.Add(new(field, reason, message));
        return this;
    }

    private static string Show(JsonNode? value) => value.Text();
}
