using System.CommandLine;
using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PlatformLocal.Cli.Rendering;
using PlatformLocal.Cli.Tests.Testing;
using PlatformLocal.Core.Text;

namespace PlatformLocal.Cli.Tests;

/// <summary>Commands in messages and help: this program and kubectl know them, and they do what is said.</summary>
public sealed partial class PrintedCommandsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Every command that the sources have in a message, as the words that are known before the program runs.</summary>
    private static IReadOnlyList<(string Place, string[] Words)> InSources { get; } =
    [.. Sources().SelectMany(CommandsIn)];

    [Fact]
    public void Every_command_of_this_program_in_a_message_is_one_that_it_knows()
    {
        var own = InSources.Where(c => c.Words[0] == "platformctl").ToList();

        own.Should().HaveCountGreaterThan(20);
        own.Select(c => (c.Place, Faults: FaultsOf(c.Words[1..]))).Where(c => c.Faults.Length > 0).Should().BeEmpty();
    }

    [Fact]
    public void Every_command_of_kubectl_in_a_message_is_one_that_it_knows()
    {
        var kubectl = FindKubectl();
        var known = InSources
            .Where(c => c.Words is ["kubectl", _, ..])
            .DistinctBy(c => string.Join(' ', c.Words))
            .ToList();

        known.Should().HaveCountGreaterThan(10);
        foreach (var (place, words) in known)
        {
            using var process = Process.Start(
                new ProcessStartInfo(kubectl, [.. words[1..], "--help"])
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                    UseShellExecute = false,
                }
            )!;
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            process.ExitCode.Should().Be(0, $"{place}: {string.Join(' ', words)}");
            output
                .Should()
                .Contain("Usage:")
                .And.NotContain("kubectl controls the Kubernetes", $"{place} names a verb");
        }
    }

    [Fact]
    public void No_message_has_a_command_that_is_not_put_together_word_by_word()
    {
        var names = string.Join('|', PlatformCtl.BuildRoot().Subcommands.Select(c => c.Name));
        var command = new Regex(
            $@"""[^""]*(?<![\w./-])(platformctl ({names})\b|kubectl (-n |--namespace |get |describe |delete |label |logs )|docker (pull|rm|ps|login|logs) |kind delete )"
        );

        Sources()
            .SelectMany(source =>
                source.Text.Split('\n').Select((line, i) => (Place: $"{source.Path}:{i + 1}", Line: line))
            )
            .Where(l => command.IsMatch(l.Line) && !l.Line.TrimStart().StartsWith("//", StringComparison.Ordinal))
            // Examples of help, which another test reads, and a script for a shell.
            .Where(l => !l.Line.TrimStart().StartsWith('"') || !l.Place.Contains("/Cli/", StringComparison.Ordinal))
            .Where(l =>
                !l.Place.Contains("/CompletionCommand.cs", StringComparison.Ordinal)
                && !l.Place.Contains("/Pipelines/", StringComparison.Ordinal)
            )
            .Select(l => $"{l.Place}: {l.Line.Trim()}")
            .Should()
            .BeEmpty();
    }

    [Fact]
    public void Every_example_of_help_is_a_command_that_the_program_knows()
    {
        var root = PlatformCtl.BuildRoot();
        var lines = new List<string>();
        foreach (string[] asked in root.Subcommands.Select(c => new[] { c.Name, "--help" }).Append(["--help"]))
        {
            using var output = new StringWriter();
            root.Parse(asked).Invoke(new InvocationConfiguration { Output = output });
            lines.AddRange(
                output
                    .ToString()
                    .Split("Examples:")[1]
                    .Split('\n', StringSplitOptions.TrimEntries)
                    .TakeWhile((l, i) => i == 0 || l.Length > 0)
            );
        }

        var commands = lines.SelectMany(line => OwnCommands().Matches(line).Select(m => m.Value)).ToList();
        commands.Should().HaveCountGreaterThan(30);
        commands
            .Select(c => (Command: c, Faults: FaultsOf([.. ShellCommand.Split(c)!.Skip(1)])))
            .Where(c => c.Faults.Length > 0)
            .Should()
            .BeEmpty();
    }

    [Theory]
    [InlineData(
        "See: platformctl get-environment a",
        "See: platformctl --name 'my one' --state '/a b' get-environment a"
    )]
    [InlineData(
        "Create it with: platformctl create-local-platform",
        "Create it with: platformctl --name 'my one' --state '/a b' --workspace '$w' create-local-platform"
    )]
    [InlineData(
        "kubectl -n x get pods",
        "kubectl --kubeconfig \"$(platformctl --name 'my one' --state '/a b' kubeconfig)\" -n x get pods"
    )]
    [InlineData("dotnet publish -p:ContainerRepository=platform/platformctl doctor", null)]
    [InlineData("Deliver with the version of platformctl that wrote it.", null)]
    [InlineData("kubectl --kubeconfig /k get nodes", null)]
    [InlineData("kubectl config delete-context kind-a", null)]
    public void A_command_is_told_of_the_platform_and_nothing_else_is_touched(string text, string? copyable)
    {
        CommandText.Remember(["--name", "my one", "--state", "/a b"], ["--workspace", "$w"]);
        try
        {
            CommandText.Copyable(text).Should().Be(copyable ?? text);
        }
        finally
        {
            CommandText.Remember([], []);
        }
    }

    [Fact]
    public void Sentences_of_a_document_can_be_copied_and_what_others_wrote_stays()
    {
        const string text = "Look: kubectl get pods";
        var document = JsonNode.Parse(
            """
            {"environments": [
              {"environment_name": "a", "message": "Look: kubectl get pods", "claim": {"message": "Look: kubectl get pods"},
               "warnings": ["Look: kubectl get pods"],
               "services": [{"message": null, "causes": [{"message": "Look: kubectl get pods", "last_log_line": "Look: kubectl get pods"}]}]},
              {"environment_name": "b", "cluster": "b", "history": [{"message": "Look: kubectl get pods"}]}]}
            """
        )!;

        CommandText.MakeCopyable(document);

        var (first, second) = (document["environments"]![0]!, document["environments"]![1]!);
        const string copyable = "Look: kubectl --kubeconfig \"$(platformctl kubeconfig)\" get pods";
        first["message"]!.ToString().Should().Be(copyable);
        first["warnings"]![0]!.ToString().Should().Be(copyable);
        first["services"]![0]!["message"].Should().BeNull();
        var cause = first["services"]![0]!["causes"]![0]!;
        cause["message"]!.ToString().Should().Be(copyable);
        cause["last_log_line"]!.ToString().Should().Be(text);
        first["claim"]!["message"]!.ToString().Should().Be(text);
        second["history"]![0]!["message"]!.ToString().Should().Contain("kubeconfig --environment b)\" get pods");
    }

    [Fact]
    public void Kubectl_asks_the_own_cluster_of_an_environment_that_has_one()
    {
        CommandText
            .Copyable("kubectl -n env-prod get pods", "prod")
            .Should()
            .Be("kubectl --kubeconfig \"$(platformctl kubeconfig --environment prod)\" -n env-prod get pods");
    }

    [Fact]
    public async Task What_is_printed_can_be_copied_and_run_where_paths_have_spaces_and_quotes()
    {
        FindKubectl();
        Assert.SkipUnless(File.Exists("/bin/sh"), "there is no POSIX shell");
        await using var program = new PlatformCtlProgram();
        var state = Path.Combine(program.State, "my state");
        var workspace = CopyOfExamples(Path.Combine(program.State, "my work's $pace"));
        var bin = Directory.CreateDirectory(Path.Combine(program.State, "bin")).FullName;
        File.CreateSymbolicLink(
            Path.Combine(bin, "platformctl"),
            Path.Combine(AppContext.BaseDirectory, "platformctl")
        );
        string[] there = ["--state", state, "--workspace", workspace];
        // Nothing but the options says where the platform is.
        var bare = new Dictionary<string, string> { ["PLATFORM_STATE"] = "" };
        const string claim = """{"environment_name":"mine","services":{"auth-service":"*"}}""";
        var ran = new List<string>();
        try
        {
            var absent = await program.RunAsync(bare, ["get-environment", "mine", .. there]);
            await RunPrintedAsync(absent, 1);
            await RunPrintedAsync(await program.RunAsync(bare, ["get-environment", "other", .. there]), 1);
            await RunPrintedAsync(await program.RunAsync(bare, ["list-environments", .. there]), 0);
            string[] deploy = ["deploy-environment", "--deploy-only-specified", "--payload", claim, .. there];
            await RunPrintedAsync(await program.RunAsync(bare, ["plan-environment", .. deploy[1..]]), 0);
            await RunPrintedAsync(await program.RunAsync(bare, ["doctor", .. there]), 0);
            await RunPrintedAsync(await program.RunAsync(bare, deploy), 0);
            await RunPrintedAsync(await program.RunAsync(bare, ["get-environmen", .. there]), 2);
        }
        finally
        {
            await program.RunAsync(bare, "destroy-local-platform", "--state", state);
        }

        ran.Should()
            .HaveCountGreaterThanOrEqualTo(6)
            .And.Contain(c => c.Contains("create-local-platform", StringComparison.Ordinal))
            .And.Contain(c => c.Contains("destroy-environment mine", StringComparison.Ordinal))
            .And.Contain(c => c.StartsWith("kubectl ", StringComparison.Ordinal));
        Directory.Exists(Path.Combine(state, "local")).Should().BeFalse();

        async Task RunPrintedAsync(Outcome outcome, int exitCode)
        {
            outcome.ExitCode.Should().Be(exitCode, outcome.Error);
            foreach (var command in $"{outcome.Output}\n{outcome.Error}".Split('\n').SelectMany(Printed).Distinct())
            {
                ran.Add(command);
                var done = await RunInShellAsync(command, bin, program.State);
                done.ExitCode.Should().Be(0, $"{command}\n{done.Error}");
            }
        }

        static IEnumerable<string> Printed(string line) =>
            PrintedCommand().Match(line) is { Success: true } found ? [found.Groups["command"].Value] : [];
    }

    private static string[] FaultsOf(string[] arguments)
    {
        var parsed = PlatformCtl.BuildRoot().Parse(arguments);
        // Help shows whatever else is missing; only its command must be one.
        return arguments is [.., "--help"] && parsed.CommandResult.Command.Name == arguments[0]
            ? []
            : [.. parsed.Errors.Select(e => e.Message)];
    }

    private static string FindKubectl()
    {
        var found = Environment
            .GetEnvironmentVariable("PATH")!
            .Split(':')
            .Select(f => Path.Combine(f, "kubectl"))
            .FirstOrDefault(File.Exists);
        Assert.SkipUnless(found is not null, "kubectl is not installed");
        return found;
    }

    private static string CopyOfExamples(string target)
    {
        var examples = Path.Combine(PlatformCtlProgram.RepositoryRoot, "examples");
        foreach (var file in Directory.EnumerateFiles(examples, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(examples, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return target;
    }

    private static async Task<Outcome> RunInShellAsync(string command, string bin, string folder)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = folder,
        };
        foreach (
            var name in start.Environment.Keys.Where(k => k.StartsWith("PLATFORM", StringComparison.Ordinal)).ToList()
        )
        {
            start.Environment.Remove(name);
        }

        start.Environment["PLATFORM_CLUSTER"] = "embedded";
        start.Environment["PATH"] = $"{bin}:{start.Environment["PATH"]}";
        if (Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } dotnet)
        {
            start.Environment["DOTNET_ROOT"] = Path.GetDirectoryName(dotnet);
        }

        using var process = Process.Start(start)!;
        return await PlatformCtlProgram.EndAsync(process);
    }

    private static IEnumerable<(string Path, string Text)> Sources() =>
        Directory
            .EnumerateFiles(Path.Combine(PlatformCtlProgram.RepositoryRoot, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(f =>
                !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal)
            )
            .Select(f => (Path.GetRelativePath(PlatformCtlProgram.RepositoryRoot, f), File.ReadAllText(f)));

    /// <summary>What is put together by <see cref="ShellCommand"/>; what only the running program knows is a sample.</summary>
    private static IEnumerable<(string Place, string[] Words)> CommandsIn((string Path, string Text) source)
    {
        // They put together what others say.
        if (Path.GetFileName(source.Path) is "ShellCommand.cs" or "ObjectReference.cs")
        {
            yield break;
        }

        foreach (Match call in Call().Matches(source.Text))
        {
            var words = WordsOf(source.Text, call.Index + call.Length);
            var line = source.Text.AsSpan(0, call.Index).Count('\n') + 1;
            string[] all = call.Groups["what"].Value switch
            {
                "ShellCommand.Platformctl" => ["platformctl", .. words],
                "ShellCommand.Kubectl" => ["kubectl", .. words.Skip(1)],
                "ShellCommand.Of" => [.. words],
                _ => ["kubectl", words[0], "pod", "sample", .. words.Skip(1)],
            };
            yield return ($"{source.Path}:{line}", all);
        }
    }

    /// <summary>The arguments of a call that begins at a place, as far as they are literals.</summary>
    private static List<string> WordsOf(string text, int start)
    {
        var words = new List<string>();
        var part = new StringBuilder();
        var (depth, quoted) = (0, false);
        for (var i = start; depth >= 0; i++)
        {
            var c = text[i];
            if (c == '"' && text[i - 1] != '\\')
            {
                quoted = !quoted;
            }

            if (!quoted)
            {
                depth +=
                    c is '(' or '{' ? 1
                    : c is ')' or '}' ? -1
                    : 0;
                if (c is '[' or ']' && depth == 0)
                {
                    continue; // a collection of words is as good as the words
                }

                if (depth < 0 || (c == ',' && depth == 0))
                {
                    Flush();
                    continue;
                }
            }

            part.Append(c);
        }

        return words;

        void Flush()
        {
            var argument = part.ToString().Trim();
            part.Clear();
            if (argument.Length > 0 && !argument.StartsWith("..", StringComparison.Ordinal))
            {
                words.Add(
                    argument[0] == '"' ? argument.Trim('"')
                    : argument[0] == '$' ? Hole().Replace(argument[2..^1], "sample")
                    : "sample"
                );
            }
        }
    }

    [GeneratedRegex(
        @"(?<what>ShellCommand\.(Platformctl|Kubectl|Of)|(?<=[\w)])\.Kubectl)\(",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex Call();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Hole();

    [GeneratedRegex(@"platformctl [a-z]([^'""()>]|'[^']*'|""[^""]*"")*")]
    private static partial Regex OwnCommands();

    [GeneratedRegex(@"(^\s*|: |→ )(?<command>(platformctl|kubectl) .*)$", RegexOptions.ExplicitCapture)]
    private static partial Regex PrintedCommand();
}
