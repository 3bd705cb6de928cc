namespace EmbeddedKubernetes.Faults;

/// <summary>One thing wrong with one field.</summary>
internal sealed record FieldFault(string Field, string Reason, string Message);

/// <summary>Collects faults, so that all are reported together.</summary>
internal sealed class FieldFaults
{
    private readonly List<FieldFault> _all = [];

    public IReadOnlyList<FieldFault> All => _all;

    public bool Any => _all.Count > 0;

    public void Required(string field, string message = "") =>
        Add(field, "FieldValueRequired", message.Length == 0 ? "Required value" : "Required value: " + message);

    public void Invalid(string field, JsonNode? value, string message) =>
        Add(field, "FieldValueInvalid", $"Invalid value: {Show(value)}: {message}");

    public void Duplicate(string field, JsonNode? value) =>
        Add(field, "FieldValueDuplicate", $"Duplicate value: {Show(value)}");

    public void NotSupported(string field, JsonNode? value, IEnumerable<string> allowed) =>
        Add(
            field,
            "FieldValueNotSupported",
            $"Unsupported value: {Show(value)}: supported values: {string.Join(", ", allowed.Select(a => $"\"{a}\""))}"
        );

    public void Forbidden(string field, string message) => Add(field, "FieldValueForbidden", "Forbidden: " + message);

    public void NotFound(string field, JsonNode? value) =>
        Add(field, "FieldValueNotFound", $"Not found: {Show(value)}");

    public void TypeInvalid(string field, JsonNode? value, string message) =>
        Add(field, "FieldValueTypeInvalid", $"Invalid value: {Show(value)}: {message}");

    public void TooLong(string field, string message) => Add(field, "FieldValueTooLong", "Too long: " + message);

    private void Add(string field, string reason, string message) => _all.Add(new(field, reason, message));

    private static string Show(JsonNode? value) => value.Text();
}
