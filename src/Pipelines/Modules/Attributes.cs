using Pipelines.Api;

namespace Pipelines.Modules;

/// <summary>
/// A class or record that is an object of the module. The one that has the module's name is where calls begin.
/// Its public properties that can be set are fields; those that are not public keep state between calls.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class DaggerObjectAttribute : Attribute;

/// <summary>A method that is a function of the module; <c>BuildImageAsync</c> is called by <c>dagger call build-image</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DaggerFunctionAttribute : Attribute
{
    /// <summary>Another name than the method's.</summary>
    public string? Name { get; init; }
}

/// <summary>More about an argument than its type says.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class ArgumentAttribute : Attribute
{
    /// <summary>Another name than the parameter's.</summary>
    public string? Name { get; init; }

    /// <summary>A description in place of the XML documentation's.</summary>
    public string? Description { get; init; }

    /// <summary>Patterns of files that are left out of a directory.</summary>
    public string[] Ignore { get; init; } = [];
}

/// <summary>A directory or file of the module's repository that the argument is by default.</summary>
/// <param name="path">From the repository's top when it begins with a slash, else from the module's folder.</param>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class DefaultPathAttribute(string path) : Attribute
{
    /// <summary>The path.</summary>
    public string Path { get; } = path;
}

/// <summary>A function that <c>dagger check</c> runs: it fails, or all is well.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CheckAttribute : Attribute;

/// <summary>
/// How long a function's result is kept. Without this, a function that runs something — it is asynchronous, or returns
/// nothing — runs on each call, and one that only builds a chain is kept as long as the engine likes.
/// </summary>
/// <param name="policy">The rule.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CacheAttribute(CachePolicy policy) : Attribute
{
    /// <summary>The rule.</summary>
    public CachePolicy Policy { get; } = policy;

    /// <summary>For how long, <c>5m</c> for one; only with <see cref="CachePolicy.Default"/>.</summary>
    public string? TimeToLive { get; init; }
}
