using System.Text.RegularExpressions;

namespace EmbeddedKubernetes.Admission;

/// <summary>Amounts as Kubernetes writes them: <c>100m</c>, <c>1.5Gi</c> or <c>2e3</c>.</summary>
public static partial class Quantity
{
    internal static bool IsValid(JsonNode? value) =>
        value is not null
        && (value.GetValueKind() == JsonValueKind.Number || (value.AsString() is { } text && Form().IsMatch(text)));

    /// <summary>The amount; NaN when it is none.</summary>
    /// <param name="value">A text or a number.</param>
    /// <returns>In whole units: processors, bytes.</returns>
    public static double Parse(JsonNode? value)
    {
        if (value is JsonValue number && number.GetValueKind() == JsonValueKind.Number)
        {
            return number.AsDouble();
        }
        var match = Form().Match(value.AsString() ?? "");
        if (!match.Success)
        {
            return double.NaN;
        }
        var amount = double.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture);
        var suffix = match.Groups["suffix"].Value;
        return suffix switch
        {
            "" => amount,
            ['e' or 'E', _, ..] => double.Parse(
                match.Groups["number"].Value + suffix,
                NumberStyles.Float,
                CultureInfo.InvariantCulture
            ),
            [var unit, 'i'] => amount * Math.Pow(1024, "KMGTPE".IndexOf(unit, StringComparison.Ordinal) + 1),
            [var unit] => amount * Math.Pow(1000, Power(unit)),
            _ => double.NaN,
        };
    }

    /// <summary>The amount as it was written.</summary>
    internal static string Text(JsonNode? value) => value.AsString() ?? JsonAccess.Text(value);

    /// <summary>A calculated amount: whole, or in thousandths.</summary>
    internal static string Text(double amount) =>
        amount == Math.Floor(amount)
            ? amount.ToString("F0", CultureInfo.InvariantCulture)
            : Math.Ceiling(amount * 1000).ToString("F0", CultureInfo.InvariantCulture) + "m";

    private static int Power(char unit)
    {
        var place = "numkMGTPE".IndexOf(unit, StringComparison.Ordinal);
        return place < 3 ? place - 3 : place - 2;
    }

    [GeneratedRegex(
        @"^(?<number>[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+))(?<suffix>([eE][+-]?[0-9]+)|[numkMGTPE]|[KMGTPE]i)?\z",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Form();
}
