namespace PlatformLocal.Deployment.Ansible;

/// <summary>Runs playbooks with <c>ansible-playbook</c>, and tells their progress and failures as the platform's own.</summary>
/// <param name="programs">Runs programs.</param>
public sealed class AnsiblePlaybooks(ProgramRunner programs)
{
    private const string Program = "ansible-playbook";

    private const string InstallHint =
        "Install Ansible with its collections and the Python library kubernetes: apt-get install ansible python3-kubernetes";

    // What Ansible says when it is there, and a part of it is not. Distributions split it in different ways.
    private static readonly string[] s_missingParts =
    [
        "couldn't resolve module/action",
        "Could not load 'ansible.posix.jsonl'",
        "Invalid callback for stdout specified",
        "Failed to import the required Python library",
    ];

    /// <summary>Whether the program is in <c>PATH</c>.</summary>
    public static bool IsInstalled => InstalledPrograms.Has(Program);

    /// <summary>Runs a playbook to its end.</summary>
    /// <param name="run">Which and how.</param>
    /// <param name="report">Is told of every play and task that begins, from another thread.</param>
    /// <param name="cancellationToken">Asks Ansible to stop.</param>
    /// <exception cref="PlaybookException">A task failed, or Ansible or a part of it is missing.</exception>
    /// <exception cref="ProgramException">It did not finish in time.</exception>
    public async Task<PlaybookResult> RunAsync(
        PlaybookRun run,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        if (!IsInstalled)
        {
            throw new PlaybookException(
                $"The playbook {run.Playbook} cannot be run: {Program} is not installed.",
                InstallHint
            )
            {
                IsNotInstalled = true,
            };
        }

        // Never on a command line: variables may be nobody else's business.
        string folder = Directory.CreateTempSubdirectory("platform-local-playbook-").FullName;
        try
        {
            string variables = Path.Combine(folder, "variables.yaml");
            PrivateFile.Replace(variables, UnsafeVariables.Write(run.Variables));
            var events = new PlaybookEvents(report);
            var command = new ProgramCommand
            {
                Program = Program,
                Arguments =
                [
                    "--inventory",
                    "/dev/null", // only the implicit localhost, never machines that somebody listed for other work
                    "--extra-vars",
                    $"@{variables}",
                    .. run.IsCheck ? ["--check"] : Array.Empty<string>(),
                    run.Playbook,
                ],
                Environment = EnvironmentOf(run.Cluster, folder),
                WorkingDirectory = Path.GetDirectoryName(run.Playbook),
                Timeout = run.Timeout,
                InstallHint = InstallHint,
                OnLine = line =>
                {
                    if (!line.IsError)
                    {
                        events.Read(line.Text);
                    }
                },
            };
            var result = await programs.RunAnyAsync(command, cancellationToken);
            return result.ExitCode == 0 ? events.Result ?? new PlaybookResult(0, 0) : throw Failed(run, events, result);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Dictionary<string, string?> EnvironmentOf(PlaybookCluster? cluster, string folder)
    {
        var variables = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ANSIBLE_STDOUT_CALLBACK"] = "ansible.posix.jsonl",
            ["ANSIBLE_NOCOLOR"] = "1",
            ["ANSIBLE_FORCE_COLOR"] = null,
            ["ANSIBLE_NOCOWS"] = "1",
            ["ANSIBLE_LOCALHOST_WARNING"] = "False",
            ["ANSIBLE_INVENTORY_UNPARSED_WARNING"] = "False",
            ["ANSIBLE_RETRY_FILES_ENABLED"] = "False",
            // Two runs at once must not meet in one folder, and nothing is to be left.
            ["ANSIBLE_LOCAL_TEMP"] = Path.Combine(folder, "local"),
            // Ansible refuses to start in a locale that is not UTF-8.
            ["LC_ALL"] = "C.UTF-8",
        };
        if (cluster?.Kubeconfig is { } kubeconfig)
        {
            variables["KUBECONFIG"] = kubeconfig;
            variables["K8S_AUTH_KUBECONFIG"] = kubeconfig;
        }

        if (cluster?.Context is { } context)
        {
            variables["K8S_AUTH_CONTEXT"] = context;
        }

        if (cluster?.Server is { } server)
        {
            variables["K8S_AUTH_HOST"] = server.ToString().TrimEnd('/');
        }

        return variables;
    }

    private static PlaybookException Failed(PlaybookRun run, PlaybookEvents events, ProgramResult result)
    {
        string output = result.Error + result.Output;
        bool isIncomplete = s_missingParts.Any(part => output.Contains(part, StringComparison.Ordinal));
        string name = Path.GetFileName(run.Playbook);
        string nextStep = isIncomplete
            ? InstallHint
            : $"Run it by itself to see all of it: {ShellCommand.Of(Program, run.Playbook)}";
        if (events.Failures is [var first, ..] failures)
        {
            string told = string.Join(
                "\n  ",
                failures.Select(f => $"task '{f.Task}' on {f.Host}: {f.Reason.TrimEnd('\n')}")
            );
            return new PlaybookException($"The playbook {name} failed: {told}", nextStep)
            {
                Task = first.Task,
                IsNotInstalled = isIncomplete,
            };
        }

        string why =
            result
                .Error.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .FirstOrDefault(line => line.StartsWith("ERROR!", StringComparison.Ordinal))
            ?? $"exit code {result.ExitCode}";
        return new PlaybookException(
            $"The playbook {name} could not be run: {why.Replace("ERROR! ", "", StringComparison.Ordinal)}",
            nextStep
        )
        {
            IsNotInstalled = isIncomplete,
        };
    }
}
