using System.Collections;
using System.Globalization;
using System.Text;

namespace Pipelines.Queries;

/// <summary>Writes chains as GraphQL.</summary>
internal static class QueryText
{
    /// <summary>Writes a chain.</summary>
    /// <param name="into">Receives the text.</param>
    /// <param name="query">The chain.</param>
    /// <param name="alias">The name of its first field in the response.</param>
    /// <param name="selection">What follows the last field.</param>
    /// <param name="idOf">The ids of objects among the arguments.</param>
    public static void Write(
        StringBuilder into,
        Query query,
        string? alias,
        string selection,
        Func<EngineObject, string> idOf
    )
    {
        var steps = query.Steps();
        if (alias is not null)
        {
            into.Append(alias).Append(':');
        }

        for (var i = 0; i < steps.Count; i++)
        {
            if (i > 0)
            {
                into.Append('{');
            }

            into.Append(steps[i].Field);
            WriteArguments(into, steps[i].Arguments, idOf);
        }

        into.Append(selection).Append('}', Math.Max(0, steps.Count - 1));
    }

    private static void WriteArguments(
        StringBuilder into,
        IReadOnlyList<QueryArgument> arguments,
        Func<EngineObject, string> idOf
    )
    {
        if (arguments.Count == 0)
        {
            return;
        }

        into.Append('(');
        for (var i = 0; i < arguments.Count; i++)
        {
            if (i > 0)
            {
                into.Append(',');
            }

            into.Append(arguments[i].Name).Append(':');
            WriteValue(into, arguments[i].Value, idOf);
        }

        into.Append(')');
    }

    private static void WriteValue(StringBuilder into, object value, Func<EngineObject, string> idOf)
    {
        switch (value)
        {
            case string text:
                WriteText(into, text);
                break;
            case bool flag:
                into.Append(flag ? "true" : "false");
                break;
            case Enum member:
                into.Append(EngineNames.OfMember(member));
                break;
            case EngineObject one:
                WriteText(into, idOf(one));
                break;
            case InputObject input:
                into.Append('{');
                for (var i = 0; i < input.Values.Count; i++)
                {
                    into.Append(i > 0 ? "," : "").Append(input.Values[i].Key).Append(':');
                    WriteValue(into, input.Values[i].Value, idOf);
                }

                into.Append('}');
                break;
            case IEnumerable list:
                into.Append('[');
                var isFirst = true;
                foreach (var item in list)
                {
                    into.Append(isFirst ? "" : ",");
                    WriteValue(into, item, idOf);
                    isFirst = false;
                }

                into.Append(']');
                break;
            case IFormattable number:
                into.Append(number.ToString(null, CultureInfo.InvariantCulture));
                break;
            default:
                throw new ArgumentException(
                    $"A {value.GetType().Name} cannot be an argument of a query.",
                    nameof(value)
                );
        }
    }

    /// <summary>Writes a text as GraphQL, and as JSON: what is written here is the same in both.</summary>
    public static void WriteText(StringBuilder into, string text)
    {
        into.Append('"');
        foreach (var c in text)
        {
            switch (c)
            {
                case '"':
                    into.Append("\\\"");
                    break;
                case '\\':
                    into.Append("\\\\");
                    break;
                case '\n':
                    into.Append("\\n");
                    break;
                case < ' ' or '\u007f' or '\u2028' or '\u2029':
                    into.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                    break;
                default:
                    into.Append(c);
                    break;
            }
        }

        into.Append('"');
    }
}
