/// <summary>What this module is for.</summary>
[DaggerObject]
public sealed class MyModule
{
    /// <summary>Says something in a container.</summary>
    /// <param name="dagger">The engine.</param>
    /// <param name="text">What is said.</param>
    [DaggerFunction]
    public Container Echo(DaggerClient dagger, string text = "Hello") =>
        dagger.Container().From("docker.io/library/busybox:1.37").WithExec(["echo", text]);

    /// <summary>The names of the C# files in a directory.</summary>
    /// <param name="source">The directory.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [DaggerFunction]
    public async Task<IReadOnlyList<string>> SourcesAsync(
        [DefaultPath("."), Argument(Ignore = ["bin", "obj"])] Directory source,
        CancellationToken cancellationToken
    ) => await source.GlobAsync("**/*.cs", cancellationToken);
}
