using System.Text.Json;

namespace Pipelines.Queries;

/// <summary>The engine refused or failed a query.</summary>
public class EngineException : PipelineException
{
    internal EngineException(EngineFault fault)
        : base(fault.Message) => Fault = fault;

    /// <summary>The engine's name for the kind of failure, <c>EXEC_ERROR</c> for one.</summary>
    /// <value><see langword="null"/> when the engine gives none.</value>
    public string? Type => Fault.Type;

    /// <summary>The fields of the query down to the one that failed, joined by dots.</summary>
    public string Path => Fault.Path;

    internal EngineFault Fault { get; }
}

/// <summary>A command in a container ended with an exit code that was not expected.</summary>
public sealed class ExecException : EngineException
{
    private const int LongestCommand = 300;

    internal ExecException(EngineFault fault)
        : base(fault with { Message = Describe(fault) }) { }

    /// <summary>The program and its arguments.</summary>
    public IReadOnlyList<string> Command => Fault.Command;

    /// <summary>The exit code.</summary>
    public int ExitCode => Fault.ExitCode;

    /// <summary>What it wrote to standard output.</summary>
    public string StandardOutput => Fault.StandardOutput;

    /// <summary>What it wrote to standard error.</summary>
    public string StandardError => Fault.StandardError;

    /// <summary>The message without what the command wrote.</summary>
    internal string Summary => Summarize(Fault);

    private static string Summarize(EngineFault fault) =>
        $"{Shortened(fault.Command)} ended with exit code {fault.ExitCode}.";

    // A script among the arguments would hide what happened to it.
    private static string Shortened(IReadOnlyList<string> command)
    {
        var line = string.Join(
            ' ',
            command.Select(word => word.IndexOf('\n') is > 0 and var end ? word[..end] + " …" : word)
        );
        return line.Length <= LongestCommand ? line : line[..LongestCommand] + " …";
    }

    private static string Describe(EngineFault fault)
    {
        // Build tools tell their errors on standard output.
        var last = string.Join(
            '\n',
            new[] { LastLines.Of(fault.StandardOutput, 10), LastLines.Of(fault.StandardError, 10) }.Where(t =>
                t.Length > 0
            )
        );
        return Summarize(fault) + (last.Length > 0 ? $"\nIts last lines:\n{last}" : "");
    }
}

/// <summary>One entry of a response's <c>errors</c>.</summary>
internal sealed record EngineFault
{
    public required string Message { get; init; }

    public string? Type { get; init; }

    public string Path { get; init; } = "";

    public IReadOnlyList<string> Command { get; init; } = [];

    public int ExitCode { get; init; }

    public string StandardOutput { get; init; } = "";

    public string StandardError { get; init; } = "";

    public static EngineException ToException(JsonElement error, SecretTexts secrets)
    {
        var fault = Read(error, secrets);
        return fault.Type == "EXEC_ERROR" ? new ExecException(fault) : new EngineException(fault);
    }

    private static EngineFault Read(JsonElement error, SecretTexts secrets)
    {
        var extensions =
            error.TryGetProperty("extensions", out var found) && found.ValueKind == JsonValueKind.Object
                ? found
                : default;
        return new EngineFault
        {
            Message = secrets.Redact(Text(error, "message") ?? "The engine failed without saying why."),
            Type = Text(extensions, "_type"),
            Path =
                error.TryGetProperty("path", out var path) && path.ValueKind == JsonValueKind.Array
                    ? string.Join('.', path.EnumerateArray().Select(p => p.ToString()))
                    : "",
            Command =
                extensions.ValueKind == JsonValueKind.Object
                && extensions.TryGetProperty("cmd", out var command)
                && command.ValueKind == JsonValueKind.Array
                    ? [.. command.EnumerateArray().Select(c => secrets.Redact(c.ToString()))]
                    : [],
            ExitCode =
                extensions.ValueKind == JsonValueKind.Object
                && extensions.TryGetProperty("exitCode", out var code)
                && code.ValueKind == JsonValueKind.Number
                && code.TryGetInt32(out var number)
                    ? number
                    : 0,
            StandardOutput = secrets.Redact(Text(extensions, "stdout") ?? ""),
            StandardError = secrets.Redact(Text(extensions, "stderr") ?? ""),
        };
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object
        && element.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
