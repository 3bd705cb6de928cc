namespace PlatformLocal.Testing;

/// <summary>Files of other projects that are not part of this one: in <c>PLATFORM_TEST_DATA</c>, else in <c>../shared/data</c> beside the repository.</summary>
public static class TestData
{
    /// <summary>The path of a file or folder; skips the test where it is missing.</summary>
    public static string Require(string relative)
    {
        var folder = Environment.GetEnvironmentVariable("PLATFORM_TEST_DATA") is { Length: > 0 } given
            ? given
            : Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared", "data"));
        var path = Path.Combine(folder, relative);
        Assert.SkipUnless(Path.Exists(path), $"{relative} is neither under PLATFORM_TEST_DATA nor in ../shared/data");
        return path;
    }
}
