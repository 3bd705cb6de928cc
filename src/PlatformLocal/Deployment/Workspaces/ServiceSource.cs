namespace PlatformLocal.Deployment.Workspaces;

/// <summary>Where services come from whose definitions are not in the workspace.</summary>
public abstract record ServiceSource;

/// <summary>A git repository with one or many services; what a version is, is read at its tag.</summary>
/// <param name="Repository">Its address, or an absolute path.</param>
/// <param name="Path">The folder in it that has a <c>service.yaml</c>, or a folder with one for every service; empty for its root.</param>
internal sealed record GitServiceSource(string Repository, string Path) : ServiceSource;

/// <summary>Artifacts in a registry, as <c>platformctl artifact push</c> makes them.</summary>
/// <param name="Registry">The registry's host.</param>
/// <param name="Services">The names of the services.</param>
internal sealed record ArtifactServiceSource(string Registry, IReadOnlyList<string> Services) : ServiceSource;
