using PlatformLocal.Core.Text;

namespace PlatformLocal.Core.Environments;

/// <summary>The rules for names in claims and service definitions.</summary>
public static class Names
{
    /// <summary>The longest name: with <c>env-</c> and a suffix it must fit into a DNS label of 63 characters.</summary>
    internal const int MaximumLength = 53;

    /// <summary>What is wrong with a name, or <see langword="null"/>.</summary>
    /// <param name="name">The name.</param>
    public static string? FaultOf(string name)
    {
        if (name.Length is 0 or > MaximumLength)
        {
            return $"'{Shorten(name)}' has {Counted.Of(name.Length, "character")}; a name has 1 to {MaximumLength}";
        }

        var isLabel =
            name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
            && name[0] != '-'
            && name[^1] != '-';
        return isLabel
            ? null
            : $"'{name}' is not a DNS label: lower-case letters, digits and '-' only, first and last no '-'";
    }

    /// <summary>What is wrong with the name of a variable, or <see langword="null"/>.</summary>
    internal static string? FaultOfVariable(string name) =>
        name.Length is > 0 and <= 128
        && (char.IsAsciiLetter(name[0]) || name[0] == '_')
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
            ? null
            : $"'{Shorten(name)}' is not the name of a variable: letters, digits and '_', at most 128, first no digit";

    private static string Shorten(string name) => name.Length <= 60 ? name : name[..57] + "…";
}
