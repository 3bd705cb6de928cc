using System.Diagnostics;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;

namespace PlatformLocal.Cli.Tests.Testing;

/// <summary>What a run of the program came to.</summary>
internal sealed record Outcome(int ExitCode, string Output, string Error)
{
    public JsonNode Json => JsonNode.Parse(Output)!;
}

/// <summary>The built program with a state folder of its own; ends every platform it started.</summary>
internal sealed class PlatformCtlProgram : IAsyncDisposable
{
    private static readonly string s_program = Path.Combine(AppContext.BaseDirectory, "platformctl");

    public static string RepositoryRoot { get; } =
        typeof(PlatformCtlProgram)
            .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(a => a.Key == "RepositoryRoot")
            .Value!;

    public string State { get; } = Directory.CreateTempSubdirectory("platform-local-test-").FullName;

    public string Folder => Path.Combine(State, "local");

    public static void SkipWithoutKubectl() =>
        Assert.SkipUnless(
            (System.Environment.GetEnvironmentVariable("PATH") ?? "")
                .Split(Path.PathSeparator)
                .Any(f => File.Exists(Path.Combine(f, "kubectl"))),
            "kubectl, which builds kustomizations, is not on the PATH"
        );

    public static string Example(string name) =>
        Path.Combine(RepositoryRoot, "examples", "environments", name + ".json");

    /// <summary>What the program's environment has beside the usual.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    public Task<Outcome> RunAsync(params string[] arguments) => RunAsync(TimeSpan.FromSeconds(90), arguments);

    public async Task<Outcome> RunAsync(TimeSpan limit, params string[] arguments)
    {
        using var process = Start(arguments);
        return await EndAsync(process, limit);
    }

    /// <summary>Runs the program with other variables than those of the test.</summary>
    public async Task<Outcome> RunAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        using var process = Start(environment, arguments);
        return await EndAsync(process);
    }

    /// <summary>Runs the program on a terminal, which shows output and error together and answers a question.</summary>
    public async Task<Outcome> RunOnTerminalAsync(string answer, params string[] arguments)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "there is no program 'script' that makes a terminal");
        string[] command = [s_program, .. arguments];
        var quoted = string.Join(' ', command.Select(a => $"'{a.Replace("'", "'\\''", StringComparison.Ordinal)}'"));
        using var process = Start(
            new Dictionary<string, string> { ["CI"] = "", ["TERM"] = "xterm" },
            ["-qec", quoted, "/dev/null"],
            "/usr/bin/script"
        );
        await process.StandardInput.WriteAsync(answer + "\n");
        await process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        return await EndAsync(process);
    }

    public Process Start(params string[] arguments) => Start(new Dictionary<string, string>(), arguments);

    private Process Start(IReadOnlyDictionary<string, string> environment, string[] arguments, string? program = null)
    {
        var start = new ProcessStartInfo(program ?? s_program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = State,
        };
        foreach (
            var name in start.Environment.Keys.Where(k => k.StartsWith("PLATFORM_", StringComparison.Ordinal)).ToList()
        )
        {
            start.Environment.Remove(name);
        }

        start.Environment["PLATFORM_STATE"] = State;
        start.Environment["PLATFORM_CLUSTER"] = "embedded"; // also where Docker would be there
        foreach (var (name, value) in Environment.Concat(environment))
        {
            start.Environment[name] = value.Length > 0 ? value : null;
        }

        // The program looks for .NET where the machine has it; a test run by a private copy shares its own.
        if (System.Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } dotnet)
        {
            start.Environment["DOTNET_ROOT"] = Path.GetDirectoryName(dotnet);
        }

        return Process.Start(start)!;
    }

    public static Task<Outcome> EndAsync(Process process) => EndAsync(process, TimeSpan.FromSeconds(90));

    public static async Task<Outcome> EndAsync(Process process, TimeSpan limit)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        late.CancelAfter(limit);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(late.Token);
        var error = process.StandardError.ReadToEndAsync(late.Token);
        try
        {
            await process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: false);
            throw;
        }

        return new Outcome(process.ExitCode, await output, await error);
    }

    /// <summary>
    /// What Ctrl-C sends; where a shell started the tests in the background, and with that made programs deaf to it, the
    /// signal that means the same to ours.
    /// </summary>
    public static string CtrlC { get; } = IsInterruptIgnored() ? "-TERM" : "-INT";

    private static bool IsInterruptIgnored() =>
        File.Exists("/proc/self/status")
        && File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith("SigIgn:", StringComparison.Ordinal))
            is { } mask
        && (Convert.ToUInt64(mask.Split('\t')[1], 16) & 0b10) != 0;

    /// <summary>The process that serves the platform.</summary>
    public int ServingProcess() =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "endpoint.json")))!["process_id"]!.GetValue<int>();

    public async ValueTask DisposeAsync()
    {
        foreach (var platform in Directory.EnumerateDirectories(State).Select(Path.GetFileName))
        {
            await RunAsync("destroy-local-platform", "--name", platform!);
        }

        Directory.Delete(State, recursive: true);
    }
}
