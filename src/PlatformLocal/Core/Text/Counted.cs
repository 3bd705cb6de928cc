namespace PlatformLocal.Core.Text;

/// <summary>Numbers of things in words.</summary>
public static class Counted
{
    /// <summary>A number with what it counts, such as <c>1 object</c> and <c>2 objects</c>.</summary>
    /// <param name="count">How many.</param>
    /// <param name="one">What one is called.</param>
    /// <param name="many">What several are called; <paramref name="one"/> with an <c>s</c> unless given.</param>
    public static string Of(long count, string one, string? many = null) =>
        $"{count} {(count == 1 ? one : many ?? $"{one}s")}";
}
