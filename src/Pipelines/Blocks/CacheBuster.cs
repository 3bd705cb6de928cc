using Pipelines.Api;

namespace Pipelines.Blocks;

/// <summary>Commands that must run although the engine has seen them before.</summary>
public static class CacheBuster
{
    /// <summary>With a variable that differs from call to call, so that no later command's result is an old one.</summary>
    /// <param name="container">The container.</param>
    /// <param name="time">The clock.</param>
    public static Container WithoutCachedResults(this Container container, TimeProvider time) =>
        container.WithEnvVariable("PIPELINE_RUN", $"{time.GetUtcNow().UtcTicks}-{Guid.NewGuid():N}");
}
