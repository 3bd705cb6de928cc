using System.Reflection;

namespace PlatformLocal.Testing;

/// <summary>The source tree that these tests were built from.</summary>
public static class Repository
{
    public static string Root { get; } =
        typeof(Repository)
            .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(a => a.Key == "RepositoryRoot")
            .Value!;
}
