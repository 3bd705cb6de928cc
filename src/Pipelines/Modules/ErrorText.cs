using System.Text;
using System.Text.Json;
using Pipelines.Api;
using Pipelines.Queries;

namespace Pipelines.Modules;

/// <summary>What the caller of a function sees of an exception.</summary>
internal sealed class ErrorText(ModuleHostOptions options)
{
    private const int LongestOutput = 64 * 1024;

    /// <summary>The message, its causes, what to do now; and where it came from in debug only.</summary>
    public string Of(Exception exception, SecretTexts secrets)
    {
        var text = new StringBuilder(MessageOf(exception));
        var said = new HashSet<string>(StringComparer.Ordinal) { exception.Message };
        for (var cause = exception.InnerException; cause is not null; cause = cause.InnerException)
        {
            if (said.Add(cause.Message))
            {
                text.Append("\n  because: ").Append(MessageOf(cause));
            }
        }

        var next = exception is PipelineException pipeline ? pipeline.NextStep : options.NextStepOf(exception);
        if (next is not null)
        {
            text.Append("\n  → ").Append(next);
        }

        if (options.IsDebug)
        {
            text.Append('\n').Append(exception);
        }

        return secrets.Redact(text.ToString());
    }

    /// <summary>The same for the engine, with what a failed command said as values.</summary>
    public EngineError ToEngine(DaggerClient client, Exception exception, string text)
    {
        var error = client.Error(text);
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is ExecException exec)
            {
                return error
                    .WithValue("_type", "\"EXEC_ERROR\"")
                    .WithValue("cmd", "[" + string.Join(',', exec.Command.Select(Quoted)) + "]")
                    .WithValue("exitCode", exec.ExitCode.ToString(System.Globalization.CultureInfo.InvariantCulture))
                    .WithValue("stdout", Quoted(End(exec.StandardOutput)))
                    .WithValue("stderr", Quoted(End(exec.StandardError)));
            }
        }

        return error;
    }

    // What a command wrote goes along as values, and the command line tool of Dagger shows these below the message.
    private static string MessageOf(Exception exception) =>
        exception is ExecException exec ? exec.Summary : exception.Message;

    private static string Quoted(string text) => "\"" + JsonEncodedText.Encode(text) + "\"";

    // A command may have written gigabytes; the end says why it failed.
    private static string End(string text) => text.Length <= LongestOutput ? text : "…" + text[^LongestOutput..];
}
