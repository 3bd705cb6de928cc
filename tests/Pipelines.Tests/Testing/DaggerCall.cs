using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pipelines.Tests.Testing;

/// <summary>
/// Plays <c>dagger call</c>: asks the program to describe itself, then constructs its object and calls one function after
/// another with the state of the one before, each in a process of its own, and turns flags into the values they stand for.
/// </summary>
public sealed class DaggerCall(LoopbackEngine engine, ModuleProgram program, string module)
{
    private JsonElement _description;

    /// <summary>Variables of the program's container.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The module as it describes itself.</summary>
    public async Task<JsonElement> DescribeAsync()
    {
        if (_description.ValueKind == JsonValueKind.Undefined)
        {
            var (process, answer) = await program.CallAsync(
                engine,
                new CallDescription { Module = module },
                Environment
            );
            process.ExitCode.Should().Be(0, process.Errors);
            _description = await engine.DescribeAsync(JsonSerializer.Deserialize<string>(answer.Value!)!);
        }

        return _description;
    }

    /// <summary>The first functions, as <c>dagger functions</c> lists them.</summary>
    public async Task<string> ListAsync() =>
        string.Join(
            '\n',
            ObjectNamed(await DescribeAsync(), module.Replace("-", ""))!
                .Value.GetProperty("functions")
                .EnumerateArray()
                .Select(f => $"{Kebab(f.GetProperty("name").GetString()!)}\t{f.GetProperty("description").GetString()}")
        );

    /// <summary>Calls functions in a row, as <c>dagger call --greeting Hi excited greet --name Ada</c> does.</summary>
    /// <returns>What the last function returned.</returns>
    public async Task<CallResult> RunAsync(params string[] line)
    {
        var type = ObjectNamed(await DescribeAsync(), module.Replace("-", ""))!.Value;
        var words = new Queue<string>(line);
        var constructor = type.GetProperty("constructor");
        var result = await CallAsync(type, "", constructor, "null", TakeFlags(words, constructor));
        while (words.TryDequeue(out var word))
        {
            if (result.Error is not null)
            {
                return result;
            }

            var function = type.GetProperty("functions")
                .EnumerateArray()
                .Single(f => Kebab(f.GetProperty("name").GetString()!) == word);
            result = await CallAsync(
                type,
                function.GetProperty("name").GetString()!,
                function,
                result.Value!,
                TakeFlags(words, function)
            );
            var returns = function.GetProperty("returns");
            if (returns.GetProperty("kind").GetString() != "OBJECT_KIND" || words.Count == 0)
            {
                continue;
            }

            if (ObjectNamed(_description, returns.GetProperty("name").GetString()!) is not { } next)
            {
                return result with
                {
                    Value = await FieldOfAsync(
                        returns.GetProperty("name").GetString()!,
                        result.Value!,
                        words.Dequeue()
                    ),
                };
            }

            type = next;
        }

        return result;
    }

    private async Task<CallResult> CallAsync(
        JsonElement type,
        string name,
        JsonElement function,
        string parent,
        Dictionary<string, string> flags
    )
    {
        var arguments = new Dictionary<string, string>();
        foreach (var argument in function.GetProperty("args").EnumerateArray())
        {
            var argumentName = argument.GetProperty("name").GetString()!;
            var value =
                flags.TryGetValue(argumentName, out var given) ? await ValueOfAsync(argument.GetProperty("type"), given)
                : argument.TryGetProperty("defaultValue", out var byDefault) ? byDefault.GetString()
                : null;
            if (value is null && !argument.GetProperty("type").GetProperty("optional").GetBoolean())
            {
                value =
                    argument.TryGetProperty("defaultPath", out var path) && path.GetString() is { Length: > 0 }
                        ? await ContextOfAsync(argument)
                        : throw new InvalidOperationException($"required flag --{Kebab(argumentName)} is missing");
            }

            if (value is not null)
            {
                arguments[argumentName] = value;
            }
        }

        var (process, answer) = await program.CallAsync(
            engine,
            new CallDescription
            {
                Module = module,
                ParentName = type.GetProperty("name").GetString()!,
                Name = name,
                Parent = parent,
                Arguments = arguments,
            },
            Environment
        );
        return new CallResult(answer.Value, answer.Error, process, answer.Requests);
    }

    // A field of an object of the engine, as its last word.
    private async Task<string> FieldOfAsync(string type, string id, string field)
    {
        await using var session = await engine.OpenAsync();
        var value = await session
            .Client.Query.Select("node", ("id", JsonSerializer.Deserialize<string>(id)))
            .Select("... on " + type)
            .Select(field)
            .ReadAsync(TestContext.Current.CancellationToken);
        return value.GetRawText();
    }

    // The repository without what the argument ignores.
    private async Task<string> ContextOfAsync(JsonElement argument)
    {
        await using var session = await engine.OpenAsync();
        var ignored = argument.GetProperty("ignore").EnumerateArray().Select(i => i.GetString()!).ToList();
        return JsonSerializer.Serialize(
            await session.Client.Host().Directory(SourceTree.Root, exclude: ignored).IdAsync()
        );
    }

    private async Task<string> ValueOfAsync(JsonElement type, string flag) =>
        type.GetProperty("kind").GetString() switch
        {
            "STRING_KIND" or "ENUM_KIND" => JsonSerializer.Serialize(flag),
            "INTEGER_KIND" or "FLOAT_KIND" or "BOOLEAN_KIND" => flag,
            "LIST_KIND" => "["
                + string.Join(
                    ',',
                    await Task.WhenAll(flag.Split(',').Select(f => ValueOfAsync(type.GetProperty("element"), f)))
                )
                + "]",
            _ => JsonSerializer.Serialize(await IdOfAsync(type.GetProperty("name").GetString()!, flag)),
        };

    private async Task<string> IdOfAsync(string type, string flag)
    {
        await using var session = await engine.OpenAsync();
        var host = session.Client.Host();
        return type switch
        {
            "Directory" => await host.Directory(flag).IdAsync(),
            "File" => await host.File(flag).IdAsync(),
            "Socket" => await host.UnixSocket(flag).IdAsync(),
            "Secret" => await session.Client.Secret(flag).IdAsync(),
            _ => throw new InvalidOperationException($"no flag is a {type}"),
        };
    }

    private static Dictionary<string, string> TakeFlags(Queue<string> words, JsonElement function)
    {
        var flags = new Dictionary<string, string>();
        while (words.TryPeek(out var word) && word.StartsWith("--", StringComparison.Ordinal))
        {
            words.Dequeue();
            var argument = function
                .GetProperty("args")
                .EnumerateArray()
                .Single(a => "--" + Kebab(a.GetProperty("name").GetString()!) == word);
            var isFlag = argument.GetProperty("type").GetProperty("kind").GetString() == "BOOLEAN_KIND";
            flags[argument.GetProperty("name").GetString()!] = isFlag ? "true" : words.Dequeue();
        }

        return flags;
    }

    private static JsonElement? ObjectNamed(JsonElement description, string name) =>
        description
            .GetProperty("objects")
            .EnumerateArray()
            .Where(o => o.GetProperty("name").GetString()!.Equals(name, StringComparison.OrdinalIgnoreCase))
            .Select(o => (JsonElement?)o)
            .FirstOrDefault();

    private static string Kebab(string camel) =>
        string.Concat(
            camel.Select(
                (c, i) =>
                    char.IsUpper(c) && i > 0 ? "-" + char.ToLowerInvariant(c) : char.ToLowerInvariant(c).ToString()
            )
        );
}

/// <summary>What a function answered.</summary>
public sealed record CallResult(string? Value, JsonElement? Error, LocalProcess Process, IReadOnlyList<string> Requests)
{
    public string Message => Error?.GetProperty("message").GetString() ?? "";

    public string Text =>
        Value is null ? throw new InvalidOperationException(Message) : JsonNode.Parse(Value)!.GetValue<string>();
}
