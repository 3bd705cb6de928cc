using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;
using PlatformLocal.Cli.Commands;
using PlatformLocal.Cli.Rendering;

namespace PlatformLocal.Cli;

/// <summary>The command line: its commands, and what happens around each.</summary>
internal static class PlatformCtl
{
    public static string Version =>
        typeof(PlatformCtl).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    public static async Task<int> RunAsync(string[] args)
    {
        var shared = new SharedOptions();
        var parsed = BuildRoot(shared).Parse(args);
        if (FaultsOf(parsed) is { Count: > 0 } faults)
        {
            var command = parsed.CommandResult.Command;
            new Terminal(shared.IsJson(parsed)).Fail(
                new PlatformException(
                    FailureKind.InvalidInput,
                    string.Join('\n', faults),
                    $"See: {ShellCommand.Platformctl([.. command is RootCommand ? Array.Empty<string>() : [command.Name], "--help"])}"
                )
            );
            return ExitCodes.Invalid;
        }

        // The work stops waiting at once on Ctrl-C; what ends the process is its own end.
        var invocation = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = TimeSpan.FromSeconds(10),
        };
        return await parsed.InvokeAsync(invocation);
    }

    /// <summary>What is wrong with how it was called, as whole sentences.</summary>
    private static IReadOnlyList<string> FaultsOf(ParseResult parsed) =>
        UnknownWords.In(parsed) is { Count: > 0 } unknown ? unknown
        : parsed.Action is ParseErrorAction ? [.. parsed.Errors.Select(e => e.Message).Distinct(StringComparer.Ordinal)]
        : [];

    internal static RootCommand BuildRoot() => BuildRoot(new SharedOptions());

    private static RootCommand BuildRoot(SharedOptions shared)
    {
        var root = new RootCommand(
            "The company's platform on one machine: from claims to running environments, with Docker or without."
        );
        shared.AddTo(root);
        CommandBase[] commands =
        [
            new CreateLocalPlatformCommand(shared),
            new DeployEnvironmentCommand(shared),
            new PlanEnvironmentCommand(shared),
            new DestroyEnvironmentCommand(shared),
            new ListEnvironmentsCommand(shared),
            new GetEnvironmentCommand(shared),
            new PlatformStatusCommand(shared),
            new DoctorCommand(shared),
            new DestroyLocalPlatformCommand(shared),
            new KubeconfigCommand(shared),
            new ImageCommand(shared),
            new ArtifactCommand(shared),
            new ServeCommandLine(shared),
            new CompletionCommand(shared),
        ];
        foreach (var command in commands)
        {
            root.Subcommands.Add(command.Build());
        }

        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples(
            (HelpAction)help.Action!,
            commands.ToDictionary(c => c.Name, c => c.Examples, StringComparer.Ordinal)
        );
        return root;
    }

    /// <summary>The usual help, and after it examples that can be copied.</summary>
    private sealed class HelpWithExamples(HelpAction usual, Dictionary<string, IReadOnlyList<string>> examples)
        : SynchronousCommandLineAction
    {
        private static readonly string[] s_first =
        [
            "platformctl deploy-environment --file examples/environments/dev-local.json",
            "platformctl platform-status",
            "kubectl --kubeconfig \"$(platformctl kubeconfig)\" get pods -A",
        ];

        public override int Invoke(ParseResult parseResult)
        {
            var code = usual.Invoke(parseResult);
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var line in examples.GetValueOrDefault(parseResult.CommandResult.Command.Name, s_first))
            {
                output.WriteLine("  " + line);
            }

            output.WriteLine();
            output.WriteLine(
                "Exit codes: 0 done, 1 failed, 2 wrong usage or invalid input, 3 not ready in time, 4 not allowed, 130 interrupted."
            );
            return code;
        }
    }
}
