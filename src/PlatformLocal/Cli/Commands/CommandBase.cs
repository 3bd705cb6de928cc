using PlatformLocal.Cli.Rendering;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Cli.Commands;

/// <summary>A command: its options, what it does, and how its failures are told.</summary>
internal abstract class CommandBase(SharedOptions shared)
{
    public abstract string Name { get; }

    public abstract IReadOnlyList<string> Examples { get; }

    protected abstract string Description { get; }

    protected SharedOptions Shared { get; } = shared;

    public Command Build()
    {
        var command = new Command(Name, Description);
        Configure(command);
        command.SetAction(RunGuardedAsync);
        return command;
    }

    protected virtual void Configure(Command command) { }

    protected abstract Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken);

    /// <summary>What to say when Ctrl-C ends a wait; <see langword="null"/> when nothing goes on.</summary>
    protected virtual string? GoesOn(ParseResult parsed) => null;

    protected static Argument<string> EnvironmentArgument(SharedOptions shared)
    {
        var argument = new Argument<string>("NAME") { Description = "The environment's name.", HelpName = "NAME" };
        argument.CompletionSources.Add(_ => KnownEnvironments(shared));
        return argument;
    }

    private async Task<int> RunGuardedAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var terminal = new Terminal(parsed.GetValue(Shared.Output) == "json");
        CommandText.Platform = parsed.GetResult(Shared.Name) is { Implicit: false }
            ? parsed.GetValue(Shared.Name)
            : null;
        try
        {
            return await RunAsync(parsed, terminal, cancellationToken);
        }
        catch (PlatformException e)
        {
            terminal.Fail(e);
            ShowOrigin(parsed, terminal, e);
            return ExitCodes.For(e.Kind);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            terminal.Say("Interrupted. " + (GoesOn(parsed) ?? "Nothing goes on in the background."));
            return ExitCodes.Interrupted;
        }
        catch (Exception e)
        {
            // The last boundary: a defect is told in one sentence, and in full only on request.
            terminal.Fail(
                new PlatformException(
                    $"An unexpected failure: {e.Message}",
                    "Run it again with --debug and report what it shows."
                )
            );
            ShowOrigin(parsed, terminal, e);
            return ExitCodes.Failed;
        }
    }

    private void ShowOrigin(ParseResult parsed, Terminal terminal, Exception e)
    {
        if (parsed.GetValue(Shared.Debug))
        {
            terminal.Say(e.ToString());
        }
    }

    // Claims are files: completing names needs no running platform.
    internal static IEnumerable<System.CommandLine.Completions.CompletionItem> KnownEnvironments(SharedOptions shared)
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
                .Select(n => new System.CommandLine.Completions.CompletionItem(n))
            : [];
    }
}
