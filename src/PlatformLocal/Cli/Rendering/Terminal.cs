using System.Text.Json.Serialization.Metadata;
using PlatformLocal.Core.Documents;
using Spectre.Console;

namespace PlatformLocal.Cli.Rendering;

/// <summary>Where a command writes: results to standard output, talk to standard error.</summary>
internal sealed class Terminal(bool json)
{
    private IAnsiConsole? _talk;
    private IAnsiConsole? _result;

    /// <summary>Whether results are JSON.</summary>
    public bool IsJson { get; } = json;

    /// <summary>Whether talk is read by a person who sees it change.</summary>
    public bool IsInteractive { get; } = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("CI") is null;

    /// <summary>Standard error with colours where it has some.</summary>
    public IAnsiConsole Talk => _talk ??= Open(Console.Error, Console.IsErrorRedirected);

    /// <summary>Standard output with colours where it has some.</summary>
    public IAnsiConsole Result => _result ??= Open(Console.Out, Console.IsOutputRedirected);

    /// <summary>A line for people.</summary>
    public void Say(string line) => Console.Error.WriteLine(PlainText.Of(line));

    /// <summary>A line for people that ends with a command.</summary>
    public void Advise(string line) => Say(CommandText.Copyable(line));

    /// <summary>A line of the result as it is: no markup, no wrapping, so that it can be copied.</summary>
    public void Line(string text) => Result.Profile.Out.Writer.WriteLine(PlainText.Of(text));

    /// <summary>Whether somebody answers with yes; nobody does where input comes from elsewhere.</summary>
    public bool Ask(string question)
    {
        if (Console.IsInputRedirected)
        {
            return false;
        }

        Say(question);
        return Console.In.ReadLine()?.Trim() == "yes";
    }

    /// <summary>Whether there is somebody to ask: who sees the question and can answer it.</summary>
    public bool CanAsk => IsInteractive && !Console.IsInputRedirected;

    /// <summary>Has somebody confirm what cannot be undone. Where nobody can be asked, as in a script, the command itself is the word.</summary>
    /// <param name="isGiven">Whether it was confirmed on the command line.</param>
    /// <param name="what">What is about to happen: a whole sentence.</param>
    /// <exception cref="PlatformException">Somebody was asked and did not say yes.</exception>
    public void Confirm(bool isGiven, string what)
    {
        if (!isGiven && CanAsk && !Ask($"{what} Type yes to go on:"))
        {
            throw new PlatformException(
                FailureKind.NotAllowed,
                "Nothing was removed.",
                "Answer yes when asked, or repeat it with --yes."
            );
        }
    }

    /// <summary>What is worth knowing beside the result.</summary>
    public void Notes(IEnumerable<string> notes)
    {
        foreach (var note in notes)
        {
            Advise($"Note: {note}");
        }
    }

    /// <summary>The result: as JSON for programs, in words for people.</summary>
    public void Show<T>(T result, JsonTypeInfo<T> type, Action<T> tell)
    {
        if (IsJson)
        {
            Write(result, type);
        }
        else
        {
            tell(result);
        }
    }

    private static void Write<T>(T result, JsonTypeInfo<T> type)
    {
        var document = JsonSerializer.SerializeToNode(result, type);
        CommandText.MakeCopyable(document);
        Console.Out.WriteLine(document!.ToJsonString(type.Options));
    }

    /// <summary>A result that is one sentence for people and one property for programs.</summary>
    public void WriteDone(string property, string value, string sentence, IReadOnlyList<string>? left = null)
    {
        var done = new JsonObject { [property] = value };
        if (left is { Count: > 0 })
        {
            done["left"] = new JsonArray([.. left.Select(l => (JsonNode?)l)]);
        }

        CommandText.MakeCopyable(done);
        Console.Out.WriteLine(IsJson ? done.ToJsonString() : PlainText.Of(CommandText.Copyable(sentence)));
    }

    /// <summary>A failure: once, with its next step; as a problem document for programs.</summary>
    public void Fail(PlatformException failure)
    {
        if (IsJson)
        {
            var faults = (failure as InvalidDocumentException)?.Faults ?? [];
            Write(
                new ProblemDocument
                {
                    Title = failure.Message.Split('\n')[0],
                    Detail = failure.Message,
                    NextStep = failure.NextStep,
                    Kind = failure.Kind,
                    Faults = [.. faults.Select(f => new FaultDocument(f.Path, f.Message))],
                },
                PlatformJson.Indented.ProblemDocument
            );
        }

        Fail(failure.Message, failure.NextStep);
    }

    /// <summary>A failure in words, with what to do now.</summary>
    /// <param name="message">What failed.</param>
    /// <param name="nextStep">What to do now.</param>
    /// <param name="own">The environment whose own cluster it is about.</param>
    public void Fail(string? message, string? nextStep, string? own = null)
    {
        Say($"Error: {CommandText.Copyable(message ?? "", own)}");
        foreach (
            var line in CommandText.Copyable(nextStep ?? "", own).Split('\n', StringSplitOptions.RemoveEmptyEntries)
        )
        {
            Say($"  → {line}");
        }
    }

    private static IAnsiConsole Open(TextWriter writer, bool redirected)
    {
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(writer),
                Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
                Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            }
        );
        console.Pipeline.Attach(PlainText.Hook);
        if (redirected)
        {
            console.Profile.Width = 160;
        }

        return console;
    }
}
