using Spectre.Console;

namespace PlatformLocal.Cli.Rendering;

/// <summary>Tables that read well on a terminal and in a file.</summary>
internal static class Tables
{
    public static Table New(params string[] columns)
    {
        var table = new Table { Border = TableBorder.None, ShowRowSeparators = false };
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn($"[bold]{column}[/]") { Padding = new Padding(0, 0, 2, 0) });
        }

        return table;
    }

    /// <summary>How long ago a time is, as kubectl writes it.</summary>
    public static string Age(DateTimeOffset? since, TimeProvider time)
    {
        if (since is null)
        {
            return "";
        }

        var age = time.GetUtcNow() - since.Value;
        return age.TotalDays >= 2 ? $"{age.TotalDays:0}d"
            : age.TotalHours >= 2 ? $"{age.TotalHours:0}h"
            : age.TotalMinutes >= 2 ? $"{age.TotalMinutes:0}m"
            : $"{Math.Max(0, age.TotalSeconds):0}s";
    }
}
