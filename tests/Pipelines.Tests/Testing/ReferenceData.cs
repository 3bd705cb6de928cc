namespace Pipelines.Tests.Testing;

/// <summary>Files of other projects that are not part of this one: <c>PLATFORM_TEST_DATA</c>, else <c>../shared/data</c> beside the repository.</summary>
internal static class ReferenceData
{
    /// <returns>The full path of a file, or null when it is not there.</returns>
    public static string? Find(string relative)
    {
        var folder = Environment.GetEnvironmentVariable("PLATFORM_TEST_DATA") is { Length: > 0 } named
            ? named
            : SourceTree.PathOf("..", "shared", "data");
        var file = System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, relative));
        return System.IO.File.Exists(file) ? file : null;
    }
}
