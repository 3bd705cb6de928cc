using System.Text.RegularExpressions;
using EmbeddedKubernetes.Ownership;
using EmbeddedKubernetes.Schemas;

namespace EmbeddedKubernetes.Admission;

/// <summary>The rules a custom resource's own schema states. CEL rules are not evaluated.</summary>
internal static class CustomRules
{
    private static readonly TimeSpan s_patternTime = TimeSpan.FromMilliseconds(500);

    public static void Check(JsonObject value, SchemaNode schema, FieldFaults faults)
    {
        Object(value, schema, "", faults, root: true);
        if (schema.Rules is { } rules)
        {
            Combinations(value, rules, "", faults);
        }
    }

    private static void Visit(JsonNode? value, SchemaNode schema, string path, FieldFaults faults)
    {
        if (value is null)
        {
            if (!schema.Nullable && schema.Kind != SchemaKind.Any)
            {
                faults.TypeInvalid(path, "null", $"{path} in body must not be null");
            }
            return;
        }
        if (schema.Rules is { } rules)
        {
            Rules(value, rules, path, faults);
        }
        switch (value)
        {
            case JsonObject o:
                Object(o, schema, path, faults, root: false);
                break;
            case JsonArray list when schema.Items is { } items:
                if (schema.ListKind != ListKind.Atomic && ListItems.FirstDuplicate(list, schema) is { } step)
                {
                    faults.Duplicate(path, JsonNode.Parse(step[2..]));
                }
                for (var i = 0; i < list.Count; i++)
                {
                    Visit(list[i], items, $"{path}[{i}]", faults);
                }
                break;
        }
    }

    private static void Object(JsonObject value, SchemaNode schema, string path, FieldFaults faults, bool root)
    {
        foreach (var field in schema.Fields.Values)
        {
            if (field.Required && !value.ContainsKey(field.Name))
            {
                faults.Required(Join(path, field.Name));
            }
        }
        foreach (var (name, member) in value)
        {
            if (root && name is "apiVersion" or "kind" or "metadata")
            {
                continue;
            }
            Visit(member, schema.Member(name), Join(path, name), faults);
        }
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : path + "." + name;

    private static void Rules(JsonNode value, JsonObject rules, string path, FieldFaults faults)
    {
        if (rules.Arr("enum") is { } allowed && !allowed.Any(a => JsonNode.DeepEquals(a, value)))
        {
            faults.NotSupported(path, value, allowed.Select(a => a.AsString() ?? a.Text()));
        }
        switch (value)
        {
            case JsonObject o:
                Count(o.Count, "Properties", "properties", rules, path, faults);
                break;
            case JsonArray a:
                Count(a.Count, "Items", "items", rules, path, faults);
                if (
                    rules.Flag("uniqueItems")
                    && a.Select(i => i.Text()).Distinct(StringComparer.Ordinal).Count() != a.Count
                )
                {
                    faults.Invalid(path, value, $"{path} in body shouldn't contain duplicates");
                }
                break;
            case JsonValue v when v.GetValueKind() == JsonValueKind.String:
                Text(v.AsString()!, rules, path, faults);
                break;
            case JsonValue v when v.GetValueKind() == JsonValueKind.Number:
                Number(v, rules, path, faults);
                break;
        }
        Combinations(value, rules, path, faults);
    }

    private static void Count(long count, string what, string word, JsonObject rules, string path, FieldFaults faults)
    {
        if (rules.Long("min" + what) is { } min && count < min)
        {
            faults.Invalid(path, count, $"{path} in body should have at least {min} {word}");
        }
        if (rules.Long("max" + what) is { } max && count > max)
        {
            faults.Invalid(path, count, $"{path} in body should have at most {max} {word}");
        }
    }

    private static void Text(string text, JsonObject rules, string path, FieldFaults faults)
    {
        var length = new StringInfo(text).LengthInTextElements;
        if (rules.Long("minLength") is { } min && length < min)
        {
            faults.Invalid(path, text, $"{path} in body should be at least {min} chars long");
        }
        if (rules.Long("maxLength") is { } max && length > max)
        {
            faults.TooLong(path, $"may not be more than {max} bytes");
        }
        if (rules.Str("pattern") is { } pattern && !Matches(text, pattern))
        {
            faults.Invalid(path, text, $"{path} in body should match '{pattern}'");
        }
        if (
            rules.Str("format") == "date-time"
            && !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
        )
        {
            faults.Invalid(path, text, $"{path} in body must be of type date-time: \"{text}\"");
        }
    }

    private static bool Matches(string text, string pattern)
    {
        try
        {
            return Regex.IsMatch(
                text,
                pattern.Replace(@"\z", "$", StringComparison.Ordinal),
                RegexOptions.None,
                s_patternTime
            );
        }
        catch (Exception e) when (e is ArgumentException or RegexMatchTimeoutException)
        {
            // A pattern of another dialect, or one that cannot be decided in time, refuses nothing.
            return true;
        }
    }

    private static void Number(JsonValue value, JsonObject rules, string path, FieldFaults faults)
    {
        var n = value.AsDouble();
        foreach (
            var (bound, exclusively, words, sign) in (ReadOnlySpan<(string, string, string, int)>)
                [("minimum", "exclusiveMinimum", "greater", 1), ("maximum", "exclusiveMaximum", "less", -1)]
        )
        {
            if (rules[bound] is not JsonValue limit)
            {
                continue;
            }
            var exclusive = rules.Flag(exclusively);
            var beyond = n.CompareTo(limit.AsDouble()) * sign;
            if (beyond < 0 || (exclusive && beyond == 0))
            {
                faults.Invalid(
                    path,
                    value,
                    $"{path} in body should be {words} than {(exclusive ? "" : "or equal to ")}{limit.Text()}"
                );
            }
        }
        if (rules["multipleOf"] is JsonValue step && n % step.AsDouble() != 0)
        {
            faults.Invalid(path, value, $"{path} in body should be a multiple of {step.Text()}");
        }
    }

    // allOf, anyOf, oneOf and not only ever restrict a structural schema; required and values are what they use.
    private static void Combinations(JsonNode value, JsonObject rules, string path, FieldFaults faults)
    {
        if (rules.Arr("allOf") is { } all && all.Objects().Any(s => !Satisfies(value, s)))
        {
            faults.Invalid(path, value, $"{path} in body must validate all the schemas (allOf)");
        }
        if (
            rules.Arr("anyOf") is { } any
            && !rules.Flag("x-kubernetes-int-or-string")
            && !any.Objects().Any(s => Satisfies(value, s))
        )
        {
            faults.Invalid(path, value, $"{path} in body must validate at least one schema (anyOf)");
        }
        if (rules.Arr("oneOf") is { } one && one.Objects().Count(s => Satisfies(value, s)) != 1)
        {
            faults.Invalid(path, value, $"{path} in body must validate one and only one schema (oneOf)");
        }
        if (rules.Obj("not") is { } not && Satisfies(value, not))
        {
            faults.Invalid(path, value, $"{path} in body must not validate the schema (not)");
        }
    }

    private static bool Satisfies(JsonNode? value, JsonObject schema)
    {
        if (value is JsonObject o)
        {
            foreach (var name in schema.Arr("required") ?? [])
            {
                if (!o.ContainsKey(name.AsString() ?? ""))
                {
                    return false;
                }
            }
            foreach (var (name, rules) in schema.Obj("properties") ?? [])
            {
                if (o.TryGetPropertyValue(name, out var member) && rules is JsonObject r && !Satisfies(member, r))
                {
                    return false;
                }
            }
        }
        var probe = new FieldFaults();
        if (value is not null)
        {
            Rules(value, schema, "", probe);
        }
        return !probe.Any && TypeFits(value, schema.Str("type"));
    }

    private static bool TypeFits(JsonNode? value, string? type) =>
        type switch
        {
            null => true,
            "object" => value is JsonObject,
            "array" => value is JsonArray,
            "string" => value.AsString() is not null,
            "integer" => value.AsLong() is not null,
            "number" => value is JsonValue && value.GetValueKind() == JsonValueKind.Number,
            "boolean" => value is JsonValue && value.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
            _ => true,
        };
}
