using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pipelines.Sessions;

namespace Pipelines.Tests.Testing;

/// <summary>
/// An engine of one process that answers by the engine's real schema, with the reference implementation of GraphQL, and
/// runs the commands of containers as local processes. It plays the engine's part towards modules, too.
/// </summary>
public sealed class LoopbackEngine : IAsyncLifetime
{
    private const string GraphqlVersion = "16.15.0";
    private Process? _process;
    private HttpClient? _http;
    private string? _missing;

    public int Port { get; private set; }

    public string Token { get; private set; } = "";

    /// <summary>The command line that starts another one.</summary>
    public IReadOnlyList<string> Command { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        if (ReferenceData.Find("dagger/schema.graphqls") is not { } schema)
        {
            _missing =
                "The engine's schema is missing: PLATFORM_TEST_DATA names no folder with dagger/schema.graphqls.";
            return;
        }

        try
        {
            Command =
            [
                "node",
                "--stack-size=2500", // a chain of a thousand steps is nested as deeply
                SourceTree.PathOf("tests", "Pipelines.Tests", "Testing", "loopback", "engine.mjs"),
                schema,
                await GraphqlFolderAsync(),
            ];
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            _missing = $"Node with the package graphql is missing: {e.Message}";
            return;
        }

        var start = new ProcessStartInfo(Command[0])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var argument in Command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
        using var said = JsonDocument.Parse((await _process.StandardOutput.ReadLineAsync())!);
        Port = said.RootElement.GetProperty("port").GetInt32();
        Token = said.RootElement.GetProperty("session_token").GetString()!;
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Port}") };
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_process is not null)
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
    }

    public void SkipIfMissing() => Assert.SkipUnless(_missing is null, _missing ?? "");

    /// <summary>A session of its own kind of call; without one, of no call at all.</summary>
    public async Task<Session> OpenAsync(CallDescription? call = null)
    {
        SkipIfMissing();
        var token = call is null ? Token : await BeginAsync(call);
        return await Session.OpenAsync(OptionsOf(token), TestContext.Current.CancellationToken);
    }

    public SessionOptions OptionsOf(string token) =>
        new()
        {
            Environment = name =>
                name switch
                {
                    "DAGGER_SESSION_PORT" => Port.ToString(),
                    "DAGGER_SESSION_TOKEN" => token,
                    _ => null,
                },
        };

    /// <summary>Makes a call current for those who have the token that is returned.</summary>
    public async Task<string> BeginAsync(CallDescription call)
    {
        SkipIfMissing();
        var body = new JsonObject
        {
            ["module"] = call.Module,
            ["parentName"] = call.ParentName,
            ["name"] = call.Name,
            ["parent"] = call.Parent,
            ["inputArgs"] = new JsonArray([
                .. call.Arguments.Select(a => new JsonObject { ["name"] = a.Key, ["value"] = a.Value }),
            ]),
        };
        if (call.HangUpAfter is { } requests)
        {
            body["hangUpAfter"] = requests;
        }

        if (call.Version is { } version)
        {
            body["version"] = version;
        }

        return (await ControlAsync("call", body)).GetProperty("token").GetString()!;
    }

    /// <summary>What a call was answered with.</summary>
    public async Task<CallAnswer> AnswerAsync(string token)
    {
        var answer = await ControlAsync("answer", new JsonObject { ["token"] = token });
        return new CallAnswer(
            answer.TryGetProperty("value", out var value) ? value.GetString() : null,
            answer.TryGetProperty("error", out var error) ? error : null,
            [.. answer.GetProperty("requests").EnumerateArray().Select(r => r.GetString()!)]
        );
    }

    /// <summary>What a module said about itself.</summary>
    public Task<JsonElement> DescribeAsync(string id) => ControlAsync("describe", new JsonObject { ["id"] = id });

    /// <summary>What the schema has against a query.</summary>
    public async Task<IReadOnlyList<string>> FaultsOfAsync(string query) =>
        [
            .. (await ControlAsync("validate", new JsonObject { ["query"] = query }))
                .GetProperty("faults")
                .EnumerateArray()
                .Select(f => f.GetString()!),
        ];

    private async Task<JsonElement> ControlAsync(string what, JsonObject body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/control/{what}")
        {
            Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes(Token + ":"))
        );
        using var response = await _http!.SendAsync(request);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return json.RootElement.Clone();
    }

    private static async Task<string> GraphqlFolderAsync()
    {
        var folder = System.IO.Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
            ".cache",
            "platform-local-tests",
            "graphql-" + GraphqlVersion
        );
        if (!System.IO.Directory.Exists(System.IO.Path.Combine(folder, "node_modules", "graphql")))
        {
            // Made beside it and moved: two test runs may do this at once.
            var made = $"{folder}.{Environment.ProcessId}";
            System.IO.Directory.CreateDirectory(made);
            var npm = await LocalProcess.RunAsync(
                "npm",
                ["install", "--no-audit", "--no-fund", "--silent", "--prefix", made, $"graphql@{GraphqlVersion}"],
                made
            );
            if (npm.ExitCode != 0)
            {
                throw new InvalidOperationException($"npm install failed: {npm.Errors}");
            }

            try
            {
                System.IO.Directory.Move(made, folder);
            }
            catch (System.IO.IOException)
            {
                System.IO.Directory.Delete(made, recursive: true);
            }
        }

        return folder;
    }
}

/// <summary>A call that a module's program is started for.</summary>
public sealed record CallDescription
{
    public required string Module { get; init; }

    public string ParentName { get; init; } = "";

    public string Name { get; init; } = "";

    public string Parent { get; init; } = "null";

    /// <summary>Names and JSON.</summary>
    public IReadOnlyDictionary<string, string> Arguments { get; init; } = new Dictionary<string, string>();

    /// <summary>After how many requests the session is gone.</summary>
    public int? HangUpAfter { get; init; }

    public string? Version { get; init; }
}

/// <summary>What a module's program answered.</summary>
/// <param name="Value">The result as JSON.</param>
/// <param name="Error">The error's message and values.</param>
/// <param name="Requests">The queries, in order.</param>
public sealed record CallAnswer(string? Value, JsonElement? Error, IReadOnlyList<string> Requests);
