using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes.Files;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Platform.Diagnostics;

/// <summary>Checks what the embedded platform needs of a machine.</summary>
/// <param name="state">The platform's state folder.</param>
/// <param name="workspace">Its workspace, or <see langword="null"/> when none was found.</param>
/// <param name="platform">Asks the platform; <see langword="null"/> when it does not run.</param>
/// <param name="programs">Runs programs.</param>
/// <param name="kind">What a Kind cluster needs; <see langword="null"/> when none is wanted.</param>
public sealed class Doctor(
    StateFolder state,
    string? workspace,
    Func<CancellationToken, Task<PlatformDocument?>> platform,
    ProgramRunner programs,
    KindPreflight? kind = null
)
{
    /// <summary>The first version of Kubernetes that keeps the Platform API in a cluster to the namespaces of environments.</summary>
    internal static Version PoliciesSince { get; } = new(1, 30);

    private const long LowDisk = 512L * 1024 * 1024;

    // Its kustomize went from 2.0 to 4.0: https://github.com/kubernetes/kubernetes/blob/master/CHANGELOG/CHANGELOG-1.21.md
    private static readonly Version s_oldestKubectl = new(1, 21);

    /// <summary>Does all checks; none of them changes anything.</summary>
    /// <param name="cancellationToken">Stops checking.</param>
    public async Task<DoctorReport> RunAsync(CancellationToken cancellationToken) =>
        new([
            CheckStateFolder(),
            CheckDisk(),
            CheckWorkspace(),
            await CheckKubectlAsync(cancellationToken),
            await CheckAnsibleAsync(cancellationToken),
            .. kind is null
                ? [await CheckDockerAsync(cancellationToken), CheckWatches()]
                : (await kind.RunAsync(cancellationToken)).Checks,
            .. await CheckPlatformAsync(cancellationToken),
        ]);

    private CheckResult CheckStateFolder()
    {
        var isNew = !Directory.Exists(state.Root);
        try
        {
            PrivateFile.EnsureFolder(state.Root);
            var probe = Path.Combine(state.Root, $".doctor-{Guid.NewGuid():N}");
            File.WriteAllText(probe, "");
            File.Delete(probe);
            return new CheckResult("state folder", CheckStatus.Pass, $"{state.Root} can be written");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new CheckResult(
                "state folder",
                CheckStatus.Fail,
                $"{state.Root} cannot be written: {e.Message}",
                "Set PLATFORM_STATE to a folder that you can write."
            );
        }
        finally
        {
            if (isNew && Directory.Exists(state.Root) && !Directory.EnumerateFileSystemEntries(state.Root).Any())
            {
                Directory.Delete(state.Root);
            }
        }
    }

    private CheckResult CheckDisk()
    {
        var nearest = state.Root;
        while (!Directory.Exists(nearest) && Path.GetDirectoryName(nearest) is { } parent)
        {
            nearest = parent;
        }

        var free = new DriveInfo(nearest).AvailableFreeSpace;
        return free < LowDisk
            ? new CheckResult(
                "disk",
                CheckStatus.Warn,
                $"{free / 1024 / 1024} MiB are free at {nearest}",
                "Free some space: claims and state are refused when the disk is full."
            )
            : new CheckResult("disk", CheckStatus.Pass, $"{free / 1024 / 1024 / 1024} GiB are free at {nearest}");
    }

    private CheckResult CheckWorkspace()
    {
        if (workspace is null)
        {
            return new CheckResult(
                "workspace",
                CheckStatus.Warn,
                "none was found here or above",
                "Name one with --workspace FOLDER."
            );
        }

        try
        {
            var services = WorkspaceReader.Read(workspace).Catalogue.Services;
            var bare = services.Values.Where(s => s.Versions.Count == 0 && s.DevVersions.Count == 0).ToList();
            return bare.Count == 0
                ? new CheckResult(
                    "workspace",
                    CheckStatus.Pass,
                    $"{workspace}: {Counted.Of(services.Count, "service")}"
                )
                : new CheckResult(
                    "workspace",
                    CheckStatus.Warn,
                    $"services without versions: {string.Join(", ", bare.Select(s => s.Definition.Name))}",
                    "Add their versions to the catalogue."
                );
        }
        catch (PlatformException e)
        {
            return new CheckResult("workspace", CheckStatus.Fail, e.Message, e.NextStep);
        }
    }

    private async Task<CheckResult> CheckKubectlAsync(CancellationToken cancellationToken)
    {
        const string name = "kubectl";
        const string link = "https://kubernetes.io/docs/tasks/tools/";
        var (text, missing) = await AskAsync("kubectl", ["version", "--client"], cancellationToken);
        if (missing is not null)
        {
            return new CheckResult(
                name,
                CheckStatus.Fail,
                $"{missing} It builds kustomizations.",
                "Install kubectl.",
                link
            );
        }

        return KindPreflight.VersionIn(text) is { } version && version < s_oldestKubectl
            ? new CheckResult(
                name,
                CheckStatus.Warn,
                $"{text} is old: before {s_oldestKubectl} it knows neither components nor replacements of kustomizations",
                "Update kubectl.",
                link
            )
            : new CheckResult(name, CheckStatus.Pass, text);
    }

    private async Task<CheckResult> CheckAnsibleAsync(CancellationToken cancellationToken)
    {
        var (text, missing) = await AskAsync("ansible-playbook", ["--version"], cancellationToken);
        return missing is null
            ? new CheckResult("ansible", CheckStatus.Pass, text)
            : new CheckResult(
                "ansible",
                CheckStatus.Warn,
                "is not installed: clusters get their baseline without it, services with playbooks fail",
                ShellCommand.Of("sudo", "apt-get", "install", "ansible", "python3-kubernetes"),
                "https://docs.ansible.com/ansible/latest/installation_guide/"
            );
    }

    private async Task<CheckResult> CheckDockerAsync(CancellationToken cancellationToken)
    {
        var (text, missing) = await AskAsync(
            "docker",
            ["version", "--format", "{{.Server.Version}}"],
            cancellationToken
        );
        return new CheckResult(
            "docker",
            CheckStatus.Pass,
            missing is null
                ? $"engine {text}; the embedded platform does not use it"
                : "no engine answers; the embedded platform needs none"
        );
    }

    private static CheckResult CheckWatches()
    {
        const string file = "/proc/sys/fs/inotify/max_user_instances";
        if (!File.Exists(file) || !int.TryParse(File.ReadAllText(file), out var instances) || instances >= 128)
        {
            return new CheckResult("file watches", CheckStatus.Pass, "enough");
        }

        return new CheckResult(
            "file watches",
            CheckStatus.Warn,
            $"only {instances} inotify instances; dropped claims may be noticed up to 2 s late",
            "sudo sysctl fs.inotify.max_user_instances=512"
        );
    }

    private async Task<CheckResult[]> CheckPlatformAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await platform(cancellationToken) is { } running
                ?
                [
                    new CheckResult(
                        "platform",
                        CheckStatus.Pass,
                        $"'{running.Name}' runs as process {running.ProcessId}"
                    ),
                    .. state.ReadSettings() is { IsApiInCluster: true }
                        ? [CheckRights(running)]
                        : Array.Empty<CheckResult>(),
                ]
                : [new CheckResult("platform", CheckStatus.Pass, $"'{state.Platform}' does not run")];
        }
        catch (PlatformException e)
        {
            return [new CheckResult("platform", CheckStatus.Fail, e.Message, $"Look into {state.Log}.")];
        }
    }

    /// <summary>Whether the cluster keeps the Platform API's service account to the namespaces of environments.</summary>
    internal static CheckResult CheckRights(PlatformDocument running)
    {
        const string name = "rights";
        return KindPreflight.VersionIn(running.KubernetesVersion) is { } version && version < PoliciesSince
            ? new CheckResult(
                name,
                CheckStatus.Warn,
                $"Kubernetes {running.KubernetesVersion} knows no ValidatingAdmissionPolicies: whoever takes over the Platform API's "
                    + "pods can bind its role in every namespace, not only in those of environments",
                $"Make the cluster of a node image of Kubernetes {PoliciesSince} or newer.",
                "https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/"
            )
            : new CheckResult(
                name,
                CheckStatus.Pass,
                "policies keep the Platform API to the namespaces of environments"
            );
    }

    private async Task<(string Text, string? Missing)> AskAsync(
        string program,
        string[] arguments,
        CancellationToken cancellationToken
    )
    {
        var (output, fault) = await programs.AskAsync(TimeSpan.FromSeconds(10), program, arguments, cancellationToken);
        return (output.Split('\n')[0].Trim(), fault?.Message.Split('\n')[0]);
    }
}
