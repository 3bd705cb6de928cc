using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using Pipelines.Queries;
using Pipelines.Sessions;

namespace Pipelines.Modules;

/// <summary>How a module's program answers the engine.</summary>
public sealed record ModuleHostOptions
{
    /// <summary>The session.</summary>
    /// <value>What the environment names unless set.</value>
    public SessionOptions Session { get; init; } = new();

    /// <summary>What to do now about an exception that is none of this library.</summary>
    /// <value>Nothing is said unless set.</value>
    public Func<Exception, string?> NextStepOf { get; init; } = _ => null;

    /// <summary>Whether errors show where they came from.</summary>
    /// <value>Whether <c>PIPELINES_DEBUG</c> is <c>1</c> unless set.</value>
    public bool IsDebug { get; init; } = Environment.GetEnvironmentVariable("PIPELINES_DEBUG") == "1";
}

/// <summary>Runs a module's program: describes the module, or calls one function of it, as the engine asks.</summary>
public static class ModuleHost
{
    private static readonly TimeSpan s_lastWord = TimeSpan.FromSeconds(5);

    /// <summary>The call was answered with a result.</summary>
    public const int Done = 0;

    /// <summary>The call was answered with an error, or not at all.</summary>
    public const int Failed = 1;

    /// <summary>The call was cancelled.</summary>
    public const int Cancelled = 130;

    /// <summary>Answers the call that the engine started this program for.</summary>
    /// <typeparam name="TModule">Any class of the module's assembly.</typeparam>
    /// <param name="options">How; <see langword="null"/> for the usual way.</param>
    /// <param name="cancellationToken">Cancels the call, as SIGTERM and SIGINT do.</param>
    /// <returns>The program's exit code.</returns>
    public static Task<int> RunAsync<TModule>(
        ModuleHostOptions? options = null,
        CancellationToken cancellationToken = default
    ) => RunAsync(typeof(TModule).Assembly, options ?? new ModuleHostOptions(), cancellationToken);

    internal static async Task<int> RunAsync(
        Assembly assembly,
        ModuleHostOptions options,
        CancellationToken cancellationToken
    )
    {
        using var stopped = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        var errors = new ErrorText(options);
        try
        {
            await using var session =
                Session.TryJoin(options.Session)
                ?? throw new PipelineException(
                    "This program is a Dagger module: the engine starts it, with DAGGER_SESSION_PORT and DAGGER_SESSION_TOKEN set.",
                    "Call its functions with: dagger call --help"
                );
            return await AnswerAsync(assembly, session, options, errors, stopped.Token);
        }
        catch (Exception e)
        {
            // Without a session nobody else hears of it.
            await Console.Error.WriteLineAsync(errors.Of(e, new SecretTexts()));
            return e is OperationCanceledException && stopped.IsCancellationRequested ? Cancelled : Failed;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true; // the engine is told first
            stopped.Cancel();
        }
    }

    private static async Task<int> AnswerAsync(
        Assembly assembly,
        Session session,
        ModuleHostOptions options,
        ErrorText errors,
        CancellationToken cancellationToken
    )
    {
        var client = session.Client;
        // All that a call is, in one request.
        var asked = client.Query.ReadFields(
            "version currentModule{name} currentFunctionCall{parentName name parent inputArgs{name value}}",
            cancellationToken
        );
        EngineVersion.Check(asked.GetProperty("version").GetString() ?? "", options.Session.Log);
        var call = asked.GetProperty("currentFunctionCall");
        var module = asked.GetProperty("currentModule").GetProperty("name").GetString()!;
        try
        {
            var result = call.GetProperty("parentName").GetString() is { Length: > 0 } parent
                ? await new Invocation(assembly, client, options.Session.Time).RunAsync(
                    parent,
                    module,
                    call,
                    cancellationToken
                )
                : Register(assembly, module, session, cancellationToken);
            client.CurrentFunctionCall().WithValue(result).Read(cancellationToken);
            return Done;
        }
        catch (Exception e)
        {
            // Whatever a function throws is the call's answer.
            var isCancelled = e is OperationCanceledException && cancellationToken.IsCancellationRequested;
            var shown = isCancelled ? new PipelineException("The call was cancelled.") : e;
            var text = errors.Of(shown, session.Secrets);
            await Console.Error.WriteLineAsync(text);
            using var soon = new CancellationTokenSource(s_lastWord, options.Session.Time);
            client
                .CurrentFunctionCall()
                .WithError(errors.ToEngine(client, shown, text))
                .Read(isCancelled ? soon.Token : CancellationToken.None);
            return isCancelled ? Cancelled : Failed;
        }
    }

    private static string Register(
        Assembly assembly,
        string module,
        Session session,
        CancellationToken cancellationToken
    )
    {
        var definition = new ModuleReader(XmlDocumentation.Of(assembly)).Read(assembly, module);
        var id = new Registration(session.Client).Run(definition, EngineNames.Pascal(module), cancellationToken);
        return "\"" + JsonEncodedText.Encode(id) + "\"";
    }
}
