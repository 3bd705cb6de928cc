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

    /// <summary>Things by their names, such as <c>finalizer a</c> and <c>finalizers a, b</c>.</summary>
    /// <param name="names">Their names: at least one.</param>
    /// <param name="one">What one is called; several are called so with an <c>s</c>.</param>
    public static string Named(IReadOnlyCollection<string> names, string one)
    {
        ArgumentNullException.ThrowIfNull(names);
        return $"{one}{(names.Count == 1 ? "" : "s")} {string.Join(", ", names)}";
    }
}
