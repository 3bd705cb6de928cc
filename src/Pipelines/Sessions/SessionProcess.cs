using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace Pipelines.Sessions;

/// <summary>The program <c>dagger session</c>: it lives until its standard input is closed.</summary>
internal sealed class SessionProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly Task _errors;
    private readonly TimeProvider _time;
    private Task _output = Task.CompletedTask;

    private SessionProcess(Process process, Task errors, TimeProvider time)
    {
        _process = process;
        _errors = errors;
        _time = time;
    }

    public int Port { get; private set; }

    public string Token { get; private set; } = "";

    public static async Task<SessionProcess> StartAsync(SessionOptions options, CancellationToken cancellationToken)
    {
        var program = Find(options.Environment);
        var last = new ConcurrentQueue<string>();
        var process = Start(program, options);
        var session = new SessionProcess(process, PumpAsync(process.StandardError, options.Log, last), options.Time);
        using var late = new CancellationTokenSource(options.StartTimeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(either.Token) is { } line)
            {
                if (session.TryRead(line))
                {
                    // Nobody reads what comes later, and a full pipe would stop the program.
                    session._output = PumpAsync(process.StandardOutput, _ => { }, null);
                    return session;
                }
            }

            await session._errors;
            throw new PipelineException(
                $"'{program} session' ended before it opened a session.{Said(last)}",
                "Check that it works by itself: dagger core version"
            );
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await session.DisposeAsync();
            throw new PipelineException(
                $"'{program} session' opened no session within {options.StartTimeout.TotalSeconds:0} s.{Said(last)}",
                "Check that it works by itself: dagger core version"
            );
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
            using var late = new CancellationTokenSource(s_patience, _time);
            try
            {
                await _process.WaitForExitAsync(late.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
            }

            await Task.WhenAll(_errors, _output);
        }
        finally
        {
            _process.Dispose();
        }
    }

    private static string Find(Func<string, string?> environment)
    {
        if (environment("_EXPERIMENTAL_DAGGER_CLI_BIN") is { Length: > 0 } named)
        {
            return named.Contains('/') && !System.IO.File.Exists(named)
                ? throw new PipelineException($"_EXPERIMENTAL_DAGGER_CLI_BIN names {named}, which is no file.")
                : named;
        }

        var found = (environment("PATH") ?? "")
            .Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => System.IO.Path.Combine(folder, "dagger"))
            .FirstOrDefault(System.IO.File.Exists);
        return found
            ?? throw new PipelineException(
                "There is no Dagger session: DAGGER_SESSION_PORT is not set, and the program dagger is not on PATH.",
                "Install dagger (https://docs.dagger.io/install), or name it by _EXPERIMENTAL_DAGGER_CLI_BIN, or run this program by 'dagger run'."
            );
    }

    private static Process Start(string program, SessionOptions options)
    {
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = options.WorkingDirectory ?? System.IO.Directory.GetCurrentDirectory(),
        };
        foreach (var argument in new[] { "session", "--label", "dagger.io/sdk.name:csharp" })
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            return Process.Start(start) ?? throw new PipelineException($"{program} could not be started.");
        }
        catch (Win32Exception e)
        {
            throw new PipelineException($"{program} could not be started: {e.Message}", null, e);
        }
    }

    private bool TryRead(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            if (
                json.RootElement.ValueKind != JsonValueKind.Object
                || !json.RootElement.TryGetProperty("port", out var port)
                || !json.RootElement.TryGetProperty("session_token", out var token)
            )
            {
                return false;
            }

            Port = port.GetInt32();
            Token = token.GetString()!;
            return true;
        }
        catch (JsonException)
        {
            return false; // a line for people
        }
    }

    private static async Task PumpAsync(System.IO.StreamReader from, Action<string> into, ConcurrentQueue<string>? last)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            into(line);
            last?.Enqueue(line);
            while (last?.Count > 10)
            {
                last.TryDequeue(out _);
            }
        }
    }

    private static string Said(ConcurrentQueue<string> last) =>
        last.IsEmpty ? "" : "\nIts last lines:\n  " + string.Join("\n  ", last);
}
