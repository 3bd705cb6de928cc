using System.Reflection;

namespace Pipelines.Tests.Testing;

/// <summary>The source tree that these tests were built from.</summary>
internal static class SourceTree
{
    public static string Root { get; } =
        typeof(SourceTree)
            .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(a => a.Key == "RepositoryRoot")
            .Value!;

    public static string PathOf(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);
}
