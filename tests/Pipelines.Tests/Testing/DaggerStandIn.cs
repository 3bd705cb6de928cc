using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using PlatformLocal.Testing;

namespace Pipelines.Tests.Testing;

/// <summary>
/// A program <c>dagger</c> for commands of the docs: <c>dagger functions</c> and <c>dagger call</c> in a module's folder,
/// whose program was published to its folder <c>out</c>. It hands its words to this process, which plays the engine.
/// </summary>
public sealed class DaggerStandIn : IAsyncDisposable
{
    private readonly LoopbackEngine _engine;
    private readonly TemporaryFolder _folder = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _over = new();
    private readonly Task _answering;

    public DaggerStandIn(LoopbackEngine engine)
    {
        _engine = engine;
        _listener.Start();
        _answering = AnswerAllAsync();
        Executable.Make(
            _folder.Write(
                "dagger",
                $$"""
                #!/usr/bin/env node
                const words = JSON.stringify([process.cwd(), ...process.argv.slice(2)])
                const connection = require('node:net').connect({{(
                    (IPEndPoint)_listener.LocalEndpoint
                ).Port}}, '127.0.0.1')
                let said = ''
                connection.setEncoding('utf8').on('data', text => said += text).on('end', () => {
                  const { code, text } = JSON.parse(said)
                  console.log(text)
                  process.exitCode = code
                })
                connection.write(words + '\n')
                """
            )
        );
    }

    /// <summary>The folder with the program, for <c>PATH</c>.</summary>
    public string Folder => _folder.Path;

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _answering;
        _listener.Dispose();
        _over.Dispose();
        _folder.Dispose();
    }

    private async Task AnswerAllAsync()
    {
        while (!_over.IsCancellationRequested)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync(_over.Token);
                await using var stream = client.GetStream();
                using var reader = new System.IO.StreamReader(stream);
                await using var writer = new System.IO.StreamWriter(stream);
                var words = JsonSerializer.Deserialize<string[]>((await reader.ReadLineAsync(_over.Token))!)!;
                await writer.WriteAsync(JsonSerializer.Serialize(await AnswerAsync(words)));
            }
            catch (OperationCanceledException) when (_over.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task<object> AnswerAsync(string[] words)
    {
        try
        {
            return new { code = 0, text = await RunAsync(words[0], words[1], words[2..]) };
        }
        catch (Exception e)
        {
            return new { code = 1, text = e.ToString() };
        }
    }

    private async Task<string> RunAsync(string folder, string command, string[] line)
    {
        using var module = JsonDocument.Parse(
            await System.IO.File.ReadAllTextAsync(System.IO.Path.Combine(folder, "dagger.json"))
        );
        var call = new DaggerCall(
            _engine,
            ModuleProgram.At(System.IO.Path.Combine(folder, "out", "module")),
            module.RootElement.GetProperty("name").GetString()!
        );
        switch (command)
        {
            case "functions":
                return await call.ListAsync();
            case "call":
                var result = await call.RunAsync(line);
                return result.Error is null
                    ? JsonSerializer.Deserialize<JsonElement>(result.Value!).ToString()
                    : throw new InvalidOperationException(result.Message);
            default:
                throw new InvalidOperationException($"'dagger {command}' is not played here.");
        }
    }
}
