namespace EmbeddedKubernetes.Tests.Support;

/// <summary>Files of other projects that are not part of this one: <c>PLATFORM_TEST_DATA</c>, else <c>../shared/data</c> beside the repository.</summary>
internal static class TestData
{
    /// <returns>The full path of a file or folder, or null when it is not there.</returns>
    public static string? Find(string relative)
    {
        if (Environment.GetEnvironmentVariable("PLATFORM_TEST_DATA") is { Length: > 0 } folder)
        {
            return Existing(Path.Combine(folder, relative));
        }
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "global.json")))
            {
                return Existing(Path.GetFullPath(Path.Combine(at.FullName, "..", "shared", "data", relative)));
            }
        }
        return null;
    }

    private static string? Existing(string path) => Path.Exists(path) ? path : null;
}
