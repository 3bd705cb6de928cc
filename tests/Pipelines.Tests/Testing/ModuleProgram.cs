using System.Collections.Concurrent;

namespace Pipelines.Tests.Testing;

/// <summary>A module's program as the SDK module builds it, and one call of it as the engine makes it.</summary>
public sealed class ModuleProgram
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<ModuleProgram>>> s_built = new();

    // Builds share the folders of the library's own build.
    private static readonly SemaphoreSlim s_building = new(1);

    private ModuleProgram(string program) => Program = program;

    public string Program { get; }

    /// <summary>A program that was built before.</summary>
    public static ModuleProgram At(string program) => new(program);

    /// <summary>Does something that builds, while nothing else here does.</summary>
    public static async Task<T> BuildingAsync<T>(Func<Task<T>> build)
    {
        await s_building.WaitAsync();
        try
        {
            return await build();
        }
        finally
        {
            s_building.Release();
        }
    }

    /// <summary>Publishes the module in a folder of the source tree, once.</summary>
    public static Task<ModuleProgram> BuildAsync(params string[] folder) =>
        s_built
            .GetOrAdd(
                SourceTree.PathOf(folder),
                f => new Lazy<Task<ModuleProgram>>(() => PublishAsync(f, folder[^1].TrimStart('.')))
            )
            .Value;

    public async Task<(LocalProcess Process, CallAnswer Answer)> CallAsync(
        LoopbackEngine engine,
        CallDescription call,
        IReadOnlyDictionary<string, string>? environment = null
    )
    {
        var token = await engine.BeginAsync(call);
        var process = await RunAsync(engine.Port, token, environment);
        return (process, await engine.AnswerAsync(token));
    }

    internal Task<LocalProcess> RunAsync(
        int port,
        string token,
        IReadOnlyDictionary<string, string>? environment = null,
        Action<System.Diagnostics.Process>? started = null
    ) =>
        LocalProcess.RunAsync(
            Program,
            [],
            System.IO.Path.GetTempPath(),
            new Dictionary<string, string>(environment ?? new Dictionary<string, string>())
            {
                ["DAGGER_SESSION_PORT"] = port.ToString(),
                ["DAGGER_SESSION_TOKEN"] = token,
            },
            started
        );

    private static async Task<ModuleProgram> PublishAsync(string folder, string name)
    {
        var output = SourceTree.PathOf(".build", "tests", "modules", name);
        // The same command as in .dagger/sdk/main.dang.
        var build = await BuildingAsync(() =>
            LocalProcess.RunAsync(
                "dotnet",
                [
                    "publish",
                    "--configuration",
                    "Release",
                    "--use-current-runtime",
                    "-p:PublishReadyToRun=true",
                    "--output",
                    output,
                    "--nologo",
                    "-v",
                    "quiet",
                ],
                folder
            )
        );
        return build.ExitCode == 0
            ? new ModuleProgram(System.IO.Path.Combine(output, "module"))
            : throw new InvalidOperationException($"{folder} does not build:\n{build.Output}{build.Errors}");
    }
}
