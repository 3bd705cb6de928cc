using System.Reflection;
using System.Text;

namespace Pipelines.Queries;

/// <summary>What things of C# are called in the engine.</summary>
internal static class EngineNames
{
    /// <summary><c>BuildImageAsync</c> becomes <c>buildImage</c>, <c>IPAddress</c> becomes <c>ipAddress</c>.</summary>
    public static string OfFunction(string name)
    {
        const string Suffix = "Async";
        return Camel(
            name.Length > Suffix.Length && name.EndsWith(Suffix, StringComparison.Ordinal) ? name[..^5] : name
        );
    }

    /// <summary><c>DotNetVersion</c> becomes <c>dotNetVersion</c>.</summary>
    public static string Camel(string name)
    {
        var upper = 0;
        while (upper < name.Length && char.IsUpper(name[upper]))
        {
            upper++;
        }

        // The last of several capitals begins the next word.
        var lowered = upper > 1 && upper < name.Length && char.IsLower(name[upper]) ? upper - 1 : upper;
        return name[..lowered].ToLowerInvariant() + name[lowered..];
    }

    /// <summary><c>hello-world</c> becomes <c>HelloWorld</c>.</summary>
    public static string Pascal(string name) =>
        string.Concat(
            name.Split('-', '_', '.', ' ').Where(w => w.Length > 0).Select(w => char.ToUpperInvariant(w[0]) + w[1..])
        );

    /// <summary><c>NeverAgain</c> becomes <c>NEVER_AGAIN</c>.</summary>
    public static string Upper(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        for (var i = 0; i < name.Length; i++)
        {
            if (i > 0 && char.IsUpper(name[i]) && !char.IsUpper(name[i - 1]))
            {
                text.Append('_');
            }

            text.Append(char.ToUpperInvariant(name[i]));
        }

        return text.ToString();
    }

    /// <summary>A member's own name in the schema, or its name in capitals.</summary>
    public static string OfMember(Enum member)
    {
        var name = member.ToString();
        return member.GetType().GetField(name)?.GetCustomAttribute<EngineNameAttribute>()?.Name ?? Upper(name);
    }
}

/// <summary>A member whose name in the schema is not made from its name here.</summary>
[AttributeUsage(AttributeTargets.Field)]
internal sealed class EngineNameAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
