using System.Diagnostics;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Baseline;
using PlatformLocal.Platform.Clusters;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Platform.PlatformServices.Installation;
using PlatformLocal.Platform.PlatformServices.Selection;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Platform.Operations;

/// <summary>One platform on this machine: finds, starts and ends the process that serves it.</summary>
/// <param name="state">Its state folder.</param>
/// <param name="serve">How it is started.</param>
/// <param name="programs">Runs docker and kind.</param>
/// <param name="time">The clock for waits.</param>
public sealed class LocalPlatform(StateFolder state, ServeCommand serve, ProgramRunner programs, TimeProvider time)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Its state folder.</summary>
    public StateFolder State { get; } = state;

    /// <summary>A client of the running platform.</summary>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">It does not run, or is out of reach.</exception>
    public async Task<PlatformApiClient> ConnectAsync(CancellationToken cancellationToken) =>
        IsInCluster ? await FindInClusterAsync(cancellationToken) : ConnectToProcess() ?? throw NotRunning();

    /// <summary>A client of the running platform, or <see langword="null"/> when it does not run or is out of reach.</summary>
    /// <param name="cancellationToken">Stops asking.</param>
    public async Task<PlatformApiClient?> TryConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ConnectAsync(cancellationToken);
        }
        catch (PlatformException)
        {
            return null;
        }
    }

    /// <summary>The platform as it says it is; of one in a cluster, with the files and addresses of this machine.</summary>
    /// <param name="api">The running platform.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The API refuses or does not answer.</exception>
    public async Task<PlatformDocument> DescribeAsync(PlatformApiClient api, CancellationToken cancellationToken)
    {
        var platform = await api.GetPlatformAsync(cancellationToken);
        return State.ReadSettings() is { IsApiInCluster: true } settings
            ? platform with
            {
                Services = await DescribeServicesAsync(settings, cancellationToken),
                Kubeconfig = State.Kubeconfig,
                Workspace = $"{settings.Workspace} ({platform.Workspace})",
                Parts =
                [
                    .. platform.Parts.Select(p =>
                        p.Name == PartDocument.PlatformApi ? p with { Where = api.Address.ToString() } : p
                    ),
                ],
            }
            : platform;
    }

    // The pods of the API have no right to look at them.
    private async Task<IReadOnlyList<PlatformServiceDocument>> DescribeServicesAsync(
        PlatformSettings settings,
        CancellationToken cancellationToken
    )
    {
        var choice = PlatformServiceSelection.Remembered(settings, settings.Workspace);
        if (choice.Services.Count == 0)
        {
            return [];
        }

        using var client = await ClusterOf(settings).ConnectAsync(cancellationToken);
        return await PlatformServiceStatus.ReadAsync(client, choice, cancellationToken);
    }

    private bool IsInCluster => State.ReadSettings()?.IsApiInCluster == true;

    private PlatformApiClient? ConnectToProcess() =>
        FindEndpoint() is { } endpoint && IsServed() && State.ReadToken() is { } token
            ? new PlatformApiClient(endpoint.Address, token)
            : null;

    // What another process than the one that serves has written says nothing.
    private EndpointDocument? FindEndpoint() =>
        State.ReadEndpoint() is { } endpoint && (ServingProcess() ?? endpoint.ProcessId) == endpoint.ProcessId
            ? endpoint
            : null;

    private Task<PlatformApiClient> FindInClusterAsync(CancellationToken cancellationToken) =>
        State.ReadEndpoint() is { } endpoint && State.ReadToken() is { } token
            ? new PlatformApiRoute(programs, time).FindAsync(
                endpoint.Address,
                KindClusterName.Of(State.Platform),
                token,
                cancellationToken
            )
            : throw NotRunning();

    /// <summary>Whether a process serves this platform: it then holds the lock.</summary>
    public bool IsServed() => FolderLock.IsHeld(State.Lock);

    /// <summary>A client of the platform, started in the background when it does not run.</summary>
    /// <param name="workspace">The workspace's folder; <see langword="null"/> for the one it was made with.</param>
    /// <param name="work">The command that wants it, for others who wait.</param>
    /// <param name="report">Is told when it takes a while.</param>
    /// <param name="cancellationToken">Stops waiting; a platform that is starting goes on.</param>
    /// <exception cref="PlatformException">
    /// There is no workspace, the platform has another one, another run is at work on it, or its process ends before it is
    /// ready.
    /// </exception>
    public async Task<PlatformApiClient> EnsureRunningAsync(
        string? workspace,
        string work,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        if (await FindRunningAsync(State.Settle(workspace), cancellationToken) is { } running)
        {
            return running;
        }

        using var held = await State.LockAsync(work, report, time, cancellationToken);
        return await EnsureRunningAsync(held, workspace, report, cancellationToken);
    }

    /// <summary>The same for whoever holds the platform's lock.</summary>
    /// <param name="held">The lock.</param>
    /// <param name="workspace">The workspace's folder; <see langword="null"/> for the one it was made with.</param>
    /// <param name="report">Is told when it takes a while.</param>
    /// <param name="cancellationToken">Stops waiting; a platform that is starting goes on.</param>
    /// <exception cref="PlatformException">There is no workspace, the platform has another one, or its process ends before it is ready.</exception>
    public async Task<PlatformApiClient> EnsureRunningAsync(
        FolderLock held,
        string? workspace,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(held);
        var settings = State.Settle(workspace);
        if (await FindRunningAsync(settings, cancellationToken) is { } running)
        {
            return running;
        }

        if (IsServed() && FindEndpoint() is null)
        {
            // Who holds the lock says where it is reached before it lets go: that has been lost since, or is another's.
            report($"Ending the process {ServingProcess()}, which serves the platform and does not say where");
            await StopAsync(cancellationToken);
        }

        _ = WorkspaceReader.Read(settings.Workspace); // its faults are told here, not in a log
        report(
            ClusterOf(settings).IsSimulated
                ? $"Starting the embedded platform '{State.Platform}' in the background (no Docker needed)."
                : $"Starting the platform '{State.Platform}' on its {settings.Cluster} cluster in the background."
        );
        State.WriteSettings(settings);
        using var process = Start();
        PlatformApiClient? started = null;
        var poll = new Poll("the platform's process", LookInterval, StartTimeout, time)
        {
            Failure = _ => new PlatformException(
                FailureKind.NotReadyInTime,
                $"The platform was not ready within {StartTimeout.TotalSeconds:0} s.{LastLogLines()}",
                $"Its whole log is {State.Log}."
            ),
        };
        await poll.UntilAsync(
            async token =>
            {
                started = await FindAnsweringAsync(token);
                return started is not null ? null
                    : process.HasExited && !IsServed()
                        ? throw new PlatformException(
                            $"The platform's process ended with exit code {process.ExitCode} before it was ready.{LastLogLines()}",
                            $"Its whole log is {State.Log}; check the machine with: {ShellCommand.Platformctl("doctor")}"
                        )
                    : "it does not answer";
            },
            cancellationToken
        );
        return started!;
    }

    private Task<PlatformApiClient?> FindRunningAsync(PlatformSettings settings, CancellationToken cancellationToken) =>
        settings.IsApiInCluster
            ? FindUpToDateAsync(settings.Workspace, cancellationToken)
            : FindAnsweringAsync(cancellationToken);

    private async Task<PlatformApiClient?> FindUpToDateAsync(string workspace, CancellationToken cancellationToken)
    {
        var inCluster = await FindInClusterAsync(cancellationToken);
        await WorkspaceUpload.EnsureAsync(inCluster, workspace, cancellationToken);
        return inCluster;
    }

    // The address may still be that of a process that was killed.
    private async Task<PlatformApiClient?> FindAnsweringAsync(CancellationToken cancellationToken)
    {
        var client = ConnectToProcess();
        if (client is null || await client.IsAnsweringAsync(cancellationToken))
        {
            return client;
        }

        client.Dispose();
        return null;
    }

    private int? ServingProcess() => IsServed() ? FolderLock.HolderOf(State.Lock)?.ProcessId : null;

    /// <summary>Ends the serving process and removes everything of the platform.</summary>
    /// <param name="report">Is told what is found out on the way.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>What was removed.</returns>
    /// <exception cref="PlatformException">
    /// Another run is at work on it, the process does not end, or something of it cannot be removed.
    /// </exception>
    public async Task<Removed> DestroyAsync(Action<string> report, CancellationToken cancellationToken)
    {
        using var held = await State.LockAsync("destroy-local-platform", report, time, cancellationToken);
        PlatformSettings? settings = null;
        UnreadableStateException? damage = null;
        try
        {
            settings = State.ReadSettings();
        }
        catch (UnreadableStateException e)
        {
            damage = e;
            report($"{e.Message} What else is there says what the platform had.");
        }

        var cluster =
            settings is not null ? ClusterOf(settings)
            : await FindKindClusterAsync(report, cancellationToken)
                ? ClusterOf(new PlatformSettings(ClusterKinds.Kind, ""))
            : Directory.Exists(State.Cluster) ? ClusterOf(new PlatformSettings(ClusterKinds.Embedded, ""))
            : null;
        if (damage is not null && cluster is null)
        {
            throw new PlatformException(
                $"What the platform '{State.Platform}' was made with cannot be found out. {damage.Message}",
                $"Put the file right, by hand or from a copy. Or, when the platform has no cluster, remove its folder: rm -r {State.Folder}",
                damage
            );
        }

        if (!State.IsPlatforms && cluster is null)
        {
            return Removed.Nothing;
        }

        if (settings is not null && cluster is { OutlivesPlatform: true })
        {
            await EmptyAsync(held, settings, cluster, cancellationToken);
        }

        await StopAsync(cancellationToken);
        if (cluster is { HasOthersBeside: true })
        {
            await new EnvironmentClusters(State, programs, time).DeleteAllAsync(report, cancellationToken);
        }

        await (cluster?.RemoveAsync(report, cancellationToken) ?? Task.CompletedTask);
        try
        {
            if (Directory.Exists(State.Folder))
            {
                Directory.Delete(State.Folder, recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PlatformException(
                $"The state folder {State.Folder} cannot be removed: {e.Message}",
                "Remove it by hand.",
                e
            );
        }

        return cluster is { HasOthersBeside: true } ? Removed.WithKindCluster : Removed.Platform;
    }

    /// <summary>Without settings, which were removed by hand, damaged or never written: record and cluster say whose it is.</summary>
    private async Task<bool> FindKindClusterAsync(Action<string> report, CancellationToken cancellationToken)
    {
        if (KindRecord.IsIn(State.Folder))
        {
            return true;
        }

        string name = KindClusterName.Of(State.Platform);
        var clusters = new KindClusters(programs, time, report);
        if (
            await clusters.TryListAsync(report, cancellationToken) is not { } all
            || all.All(c => c.Name != name)
            || await clusters.FindOwnerAsync(name, cancellationToken) != State.Folder
        )
        {
            return false;
        }

        report($"The Kind cluster '{name}' says that it is this platform's: it is removed");
        return true;
    }

    private ICluster ClusterOf(PlatformSettings settings) => PlatformClusters.Of(State, settings, programs, time);

    // The cluster stays: what the platform put into it must go.
    private async Task EmptyAsync(
        FolderLock held,
        PlatformSettings settings,
        ICluster cluster,
        CancellationToken cancellationToken
    )
    {
        using (var api = await EnsureRunningAsync(held, null, _ => { }, cancellationToken))
        {
            var list = await api.ListAsync("", cancellationToken);
            var remove = new DestroyEnvironment(api, time);
            await Task.WhenAll(
                list.Environments.Select(e =>
                    remove.RunAsync(e.EnvironmentName, TimeSpan.FromMinutes(5), cancellationToken)
                )
            );
        }

        await new PlatformServiceSteps(
            PlatformServiceSelection.Of(settings, WorkspaceReader.Read(settings.Workspace)),
            cluster.ConnectAsync,
            new ServiceInstallationOptions { Time = time }
        ).RemoveAsync(_ => { }, cancellationToken);
        await new ClusterBaseline(cluster.ConnectAsync, ansible: null, cluster.Playbooks, time).RemoveAsync(
            cancellationToken
        );
    }

    /// <summary>Ends the serving process; its state stays.</summary>
    /// <param name="report">Is told when another run is waited for.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="PlatformException">Another run is at work on it, or the process does not end in time.</exception>
    public async Task StopAsync(Action<string> report, CancellationToken cancellationToken)
    {
        using var held = await State.LockAsync("destroy-local-platform", report, time, cancellationToken);
        await StopAsync(cancellationToken);
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        var pid = ServingProcess(); // while the lock is free, a number may be anybody's by now
        if (ConnectToProcess() is { } client)
        {
            using (client)
            {
                await client.StopAsync(cancellationToken);
            }
        }
        else if (pid is { } lost && IsAlive(lost))
        {
            // Where it is reached is not known any more; what it stores outlives its end at any point.
            using var process = Process.GetProcessById(lost);
            process.Kill();
        }

        var poll = new Poll($"the end of the process {pid}", LookInterval, StopTimeout, time)
        {
            Failure = _ => new PlatformException(
                $"The platform's process {pid} did not end within {StopTimeout.TotalSeconds:0} s.",
                $"End it by hand: kill {pid}"
            ),
        };
        await poll.UntilAsync(
            _ => Task.FromResult(IsServed() || (pid is { } id && IsAlive(id)) ? "it is still there" : null),
            cancellationToken
        );
    }

    private static bool IsAlive(int pid)
    {
        try
        {
            // A process that ended stays listed until whoever adopted it asks for its exit code.
            var state = $"/proc/{pid}/stat";
            if (File.Exists(state) && File.ReadAllText(state).Split(") ")[^1].StartsWith('Z'))
            {
                return false;
            }

            using var process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (Exception e) when (e is ArgumentException or IOException)
        {
            return false;
        }
    }

    private Process Start()
    {
        string[] command = ["serve", "--name", State.Platform, "--state", State.Root, "--background"];
        var start = new ProcessStartInfo(serve.Program, serve.Arguments.Concat(command))
        {
            // It must not hold this process's terminal or pipes: it replaces these with its log.
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = State.Folder,
        };
        return Process.Start(start)
            ?? throw new PlatformException($"The program {serve.Program} could not be started.");
    }

    private string LastLogLines()
    {
        if (!File.Exists(State.Log))
        {
            return "";
        }

        var lines = File.ReadLines(State.Log).TakeLast(8).ToList();
        return lines.Count == 0 ? "" : "\nIts last lines:\n  " + string.Join("\n  ", lines);
    }

    private PlatformException NotRunning()
    {
        var (fault, verb) = Directory.Exists(State.Folder)
            ? ($"The platform '{State.Platform}' does not run.", "Start")
            : ($"There is no platform '{State.Platform}'.", "Create");
        return new PlatformException(
            FailureKind.NotFound,
            fault,
            $"{verb} it with: {ShellCommand.Platformctl("create-local-platform")}"
        );
    }
}
