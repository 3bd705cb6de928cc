using System.CommandLine.Completions;
using System.CommandLine.Parsing;
using PlatformLocal.Cli.Rendering;
using PlatformLocal.Core.Environments;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Cli.Commands;

/// <summary>A command: its parameters, what it does, and how its failures are told.</summary>
internal abstract class CommandBase(
    SharedOptions shared,
    string name,
    string description,
    params IReadOnlyList<string> examples
)
{
    public string Name => name;

    public IReadOnlyList<string> Examples => examples;

    /// <summary>Its arguments and options, in the order in which its help shows them.</summary>
    protected virtual IReadOnlyList<Symbol> Parameters => [];

    public Command Build()
    {
        var command = new Command(name, description);
        foreach (var parameter in Parameters)
        {
            if (parameter is Argument argument)
            {
                command.Arguments.Add(argument);
            }
            else
            {
                command.Options.Add((Option)parameter);
            }
        }

        command.Validators.Add(RefuseEmpty);
        command.Validators.Add(Validate);
        command.SetAction(RunGuardedAsync);
        return command;
    }

    /// <summary>Adds what is wrong with its parameters together.</summary>
    protected virtual void Validate(CommandResult result) { }

    // A variable of a script that nobody set: no option means anything by an empty text.
    private void RefuseEmpty(CommandResult result)
    {
        foreach (
            var option in Parameters
                .OfType<Option>()
                .Concat([shared.Name, shared.State, shared.Workspace])
                .Where(o => result.GetResult(o)?.Tokens.Any(t => t.Value.Length == 0) == true)
        )
        {
            result.AddError($"The option {option.Name} is given an empty text: give it a value, or leave it out.");
        }
    }

    protected abstract Task<int> RunAsync(Invocation call, CancellationToken cancellationToken);

    /// <summary>What to say when Ctrl-C ends a wait; <see langword="null"/> when nothing goes on.</summary>
    protected virtual string? GoesOn => null;

    protected static Argument<string> EnvironmentArgument(SharedOptions shared)
    {
        var argument = new Argument<string>("NAME") { Description = "The environment's name.", HelpName = "NAME" };
        argument.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && Names.FaultOf(token.Value) is { } fault)
            {
                result.AddError($"The name of the environment: {fault}.");
            }
        });
        argument.CompletionSources.Add(_ => KnownEnvironments(shared));
        return argument;
    }

    private async Task<int> RunGuardedAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var call = new Invocation(shared, parsed);
        CommandText.Remember(
            SharedOptions.Given(parsed, shared.Name, shared.State),
            SharedOptions.Given(parsed, shared.Workspace)
        );
        try
        {
            return await RunAsync(call, cancellationToken);
        }
        catch (PlatformException e)
        {
            return Fail(e, e);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            call.Terminal.Advise("Interrupted. " + (GoesOn ?? "Nothing goes on in the background."));
            return ExitCodes.Interrupted;
        }
        catch (Exception e)
        {
            // The last boundary: a defect is told in one sentence, and in full only on request.
            const string nextStep = "Run it again with --debug and report what it shows.";
            return Fail(new PlatformException($"An unexpected failure: {e.Message}", nextStep), e);
        }

        int Fail(PlatformException told, Exception origin)
        {
            call.Terminal.Fail(told);
            if (call.IsDebug)
            {
                call.Terminal.Say(origin.ToString());
            }

            return ExitCodes.For(told.Kind);
        }
    }

    // Claims are files: completing names needs no running platform.
    internal static IEnumerable<CompletionItem> KnownEnvironments(SharedOptions shared)
    {
        var state = new StateFolder(
            shared.State.GetDefaultValue() as string ?? StateFolder.DefaultRoot,
            shared.Name.GetDefaultValue() as string ?? "local"
        );
        var bucket = Path.Combine(state.Buckets, "environments");
        return Directory.Exists(bucket)
            ? Directory
                .EnumerateFiles(bucket, "*.json")
                .Select(f => Path.GetFileNameWithoutExtension(f))
                .Where(n => !n.Contains('.', StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(n => new CompletionItem(n))
            : [];
    }
}
