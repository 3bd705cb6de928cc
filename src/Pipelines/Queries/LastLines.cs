namespace Pipelines.Queries;

/// <summary>The end of what a program wrote.</summary>
internal static class LastLines
{
    private const int LongestText = 8 * 1024;

    /// <summary>The last lines, at most 8 KiB of them: a program may have written gigabytes.</summary>
    public static string Of(string text, int lines)
    {
        var end = text.AsSpan().TrimEnd();
        var start = end.Length;
        while (lines-- > 0 && start > 0)
        {
            start = end[..(start - 1)].LastIndexOf('\n') + 1;
        }

        return end[Math.Max(start, end.Length - LongestText)..].ToString();
    }
}
