using System.Diagnostics;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Ansible;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Baseline;
using PlatformLocal.Platform.Clusters.Existing;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Platform.PlatformServices.Installation;
using PlatformLocal.Platform.PlatformServices.Selection;
using PlatformLocal.Platform.State;
using PlatformLocal.Platform.Steps;

namespace PlatformLocal.Platform.Operations;

/// <summary>One platform on this machine: finds, starts and ends the process that serves it.</summary>
public sealed class LocalPlatform
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    private readonly ServeCommand _serve;
    private readonly TimeProvider _time;

    /// <summary>A platform that may be there or not.</summary>
    /// <param name="state">Its state folder.</param>
    /// <param name="serve">How it is started.</param>
    /// <param name="time">The clock for waits.</param>
    public LocalPlatform(StateFolder state, ServeCommand serve, TimeProvider time)
    {
        State = state;
        _serve = serve;
        _time = time;
    }

    /// <summary>Its state folder.</summary>
    public StateFolder State { get; }

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
        return State.ReadSettings() is { Api: ApiPlaces.InCluster } settings
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

        using var client = await new KindClusters(new ProgramRunner(_time), _time).ConnectAsync(
            State.Platform,
            State.Folder,
            cancellationToken
        );
        return await PlatformServiceStatus.ReadAsync(client, choice, cancellationToken);
    }

    private bool IsInCluster => State.ReadSettings()?.Api == ApiPlaces.InCluster;

    private PlatformApiClient? ConnectToProcess() =>
        State.ReadEndpoint() is { } endpoint && IsServed() && State.ReadToken() is { } token
            ? new PlatformApiClient(endpoint.Address, token)
            : null;

    private Task<PlatformApiClient> FindInClusterAsync(CancellationToken cancellationToken) =>
        State.ReadEndpoint() is { } endpoint && State.ReadToken() is { } token
            ? new PlatformApiRoute(new ProgramRunner(_time), _time).FindAsync(
                endpoint.Address,
                KindClusterName.Of(State.Platform),
                token,
                cancellationToken
            )
            : throw NotRunning();

    /// <summary>Whether a process serves this platform: it then holds the lock.</summary>
    public bool IsServed()
    {
        if (!File.Exists(State.Lock))
        {
            return false;
        }

        try
        {
            using var probe = new FileStream(State.Lock, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>A client of the platform, started in the background when it does not run.</summary>
    /// <param name="workspace">The workspace's folder; <see langword="null"/> for the one it was made with.</param>
    /// <param name="report">Is told when it takes a while.</param>
    /// <param name="cancellationToken">Stops waiting; a platform that is starting goes on.</param>
    /// <exception cref="PlatformException">
    /// There is no workspace, the platform has another one, or its process ends before it is ready.
    /// </exception>
    public async Task<PlatformApiClient> EnsureRunningAsync(
        string? workspace,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        var settings = Settle(workspace);
        if (settings.Api == ApiPlaces.InCluster)
        {
            var inCluster = await FindInClusterAsync(cancellationToken);
            await WorkspaceUpload.EnsureAsync(inCluster, settings.Workspace, cancellationToken);
            return inCluster;
        }

        if (ConnectToProcess() is { } running)
        {
            if (await running.IsAnsweringAsync(cancellationToken))
            {
                return running;
            }

            running.Dispose();
        }

        _ = WorkspaceReader.Read(settings.Workspace); // its faults are told here, not in a log
        report(
            settings.Cluster == ClusterKinds.Embedded
                ? $"Starting the embedded platform '{State.Platform}' in the background (no Docker needed)."
                : $"Starting the platform '{State.Platform}' on its {settings.Cluster} cluster in the background."
        );
        State.Ensure();
        State.WriteSettings(settings);
        using var process = Start();
        var deadline = _time.GetUtcNow() + StartTimeout;
        while (true)
        {
            if (ConnectToProcess() is { } client)
            {
                // The address may still be that of a process that was killed.
                if (await client.IsAnsweringAsync(cancellationToken))
                {
                    return client;
                }

                client.Dispose();
            }

            if (process.HasExited && !IsServed())
            {
                throw new PlatformException(
                    $"The platform's process ended with exit code {process.ExitCode} before it was ready.{LastLogLines()}",
                    $"Its whole log is {State.Log}; check the machine with: platformctl doctor"
                );
            }

            if (_time.GetUtcNow() > deadline)
            {
                throw new PlatformException(
                    $"The platform was not ready within {StartTimeout.TotalSeconds:0} s.{LastLogLines()}",
                    $"Its whole log is {State.Log}."
                )
                {
                    Kind = FailureKind.NotReadyInTime,
                };
            }

            await Task.Delay(LookInterval, _time, cancellationToken);
        }
    }

    /// <summary>Ends the serving process and removes everything of the platform.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Whether there was anything to remove.</returns>
    /// <exception cref="PlatformException">The process does not end, or the folder cannot be removed.</exception>
    public async Task<bool> DestroyAsync(CancellationToken cancellationToken)
    {
        var settings = State.ReadSettings();
        // Without settings, the state folder was removed by hand or damaged: the cluster itself says whose it is.
        bool hasCluster = settings is null
            ? await HasKindClusterAsync(cancellationToken)
            : settings.Cluster == ClusterKinds.Kind;
        if (!Directory.Exists(State.Folder) && !hasCluster)
        {
            return false;
        }

        if (settings?.Cluster == ClusterKinds.Existing)
        {
            await EmptyAsync(settings, cancellationToken);
        }

        await StopAsync(cancellationToken);
        if (hasCluster)
        {
            var programs = new ProgramRunner(_time);
            await new EnvironmentClusters(State, programs, _time).DeleteAllAsync(cancellationToken);
            var clusters = new KindClusters(programs, _time);
            await clusters.DeleteAsync(State.Platform, State.Folder, cancellationToken);
        }

        if (!Directory.Exists(State.Folder))
        {
            return true;
        }

        try
        {
            Directory.Delete(State.Folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PlatformException(
                $"The state folder {State.Folder} cannot be removed: {e.Message}",
                "Remove it by hand.",
                e
            );
        }

        return true;
    }

    private async Task<bool> HasKindClusterAsync(CancellationToken cancellationToken)
    {
        try
        {
            var clusters = new KindClusters(new ProgramRunner(_time), _time);
            string name = KindClusterName.Of(State.Platform);
            return (await clusters.ListAsync(cancellationToken)).Any(c => c.Name == name)
                && await clusters.FindOwnerAsync(name, cancellationToken) == State.Folder;
        }
        catch (PlatformException)
        {
            return false; // no engine, no cluster
        }
    }

    // The cluster stays: what the platform put into it must go.
    private async Task EmptyAsync(PlatformSettings settings, CancellationToken cancellationToken)
    {
        using (var api = await EnsureRunningAsync(null, _ => { }, cancellationToken))
        {
            var list = await api.ListAsync("", cancellationToken);
            var remove = new DestroyEnvironment(api, _time);
            await Task.WhenAll(
                list.Environments.Select(e =>
                    remove.RunAsync(e.EnvironmentName, TimeSpan.FromMinutes(5), cancellationToken)
                )
            );
        }

        await RemoveServicesAsync(settings, cancellationToken);
        await new ClusterBaseline(
            _ => Task.FromResult(ExistingCluster.Open(settings.Kubeconfig, settings.Context, _time).Client),
            ansible: null,
            new PlaybookCluster(settings.Kubeconfig, settings.Context),
            _time
        ).RemoveAsync(cancellationToken);
        var (client, cluster) = ExistingCluster.Open(settings.Kubeconfig, settings.Context, _time);
        using (client)
        {
            await cluster.ForgetAsync(State.Platform, cancellationToken);
        }
    }

    private async Task RemoveServicesAsync(PlatformSettings settings, CancellationToken cancellationToken)
    {
        var steps = new PlatformServiceSteps(
            PlatformServiceSelection.Of(settings, WorkspaceReader.Read(settings.Workspace)),
            _ => Task.FromResult(ExistingCluster.Open(settings.Kubeconfig, settings.Context, _time).Client),
            new ServiceInstallationOptions { Time = _time }
        ).After();
        foreach (var step in steps.Reverse())
        {
            await (step.UndoAsync?.Invoke(new StepContext(_time, _ => { }), cancellationToken) ?? Task.CompletedTask);
        }
    }

    /// <summary>Ends the serving process; its state stays.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="PlatformException">The process does not end in time.</exception>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var pid = State.ReadEndpoint()?.ProcessId;
        if (ConnectToProcess() is { } client)
        {
            using (client)
            {
                await client.StopAsync(cancellationToken);
            }
        }
        else
        {
            pid = null; // nobody serves it: the number may be anybody's by now
        }

        var deadline = _time.GetUtcNow() + StopTimeout;
        while (IsServed() || (pid is { } id && IsAlive(id)))
        {
            if (_time.GetUtcNow() > deadline)
            {
                throw new PlatformException(
                    $"The platform's process {pid} did not end within {StopTimeout.TotalSeconds:0} s.",
                    $"End it by hand: kill {pid}"
                );
            }

            await Task.Delay(LookInterval, _time, cancellationToken);
        }
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

    /// <summary>What this platform is made with: as it was made, or as is asked for when it is new.</summary>
    /// <param name="workspace">The workspace's folder; <see langword="null"/> for the one it was made with.</param>
    /// <param name="asked">The cluster that is asked for; <see langword="null"/> for any.</param>
    /// <exception cref="PlatformException">There is no workspace, or the platform was made with something else.</exception>
    public PlatformSettings Settle(string? workspace, PlatformSettings? asked = null)
    {
        var known = State.ReadSettings();
        var wanted = workspace is null ? known?.Workspace : Path.GetFullPath(workspace);
        if (wanted is null)
        {
            throw new PlatformException(
                "There is no workspace: neither here nor above is a platform.yaml.",
                "Name one with --workspace; the folder examples/ of the source code is one to copy."
            )
            {
                Kind = FailureKind.InvalidInput,
            };
        }

        if (known is null)
        {
            return (asked ?? new PlatformSettings(ClusterKinds.Embedded, wanted)) with { Workspace = wanted };
        }

        var difference =
            known.Workspace != wanted ? $"the workspace {known.Workspace}, not {wanted}"
            // Platform services can change with every run; what they run on cannot.
            : asked is not null
            && asked with { Workspace = wanted, Services = known.Services, Delivery = known.Delivery } != known
                ? $"the {known.Cluster} cluster it was made with, and another one is asked for"
            : null;
        return difference is null
            ? known
            : throw new PlatformException(
                $"The platform '{State.Platform}' has {difference}.",
                "Use another platform beside it with --name, or remove this one with: platformctl destroy-local-platform"
            )
            {
                Kind = FailureKind.InvalidInput,
            };
    }

    private Process Start()
    {
        var start = new ProcessStartInfo(_serve.Program)
        {
            // It must not hold this process's terminal or pipes: it replaces these with its log.
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = State.Folder,
        };
        foreach (
            var argument in _serve.Arguments.Concat([
                "serve",
                "--name",
                State.Platform,
                "--state",
                State.Root,
                "--background",
            ])
        )
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)
            ?? throw new PlatformException($"The program {_serve.Program} could not be started.");
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

    private PlatformException NotRunning() =>
        Directory.Exists(State.Folder)
            ? new PlatformException(
                $"The platform '{State.Platform}' does not run.",
                "Start it with: platformctl create-local-platform"
            )
            {
                Kind = FailureKind.NotFound,
            }
            : new PlatformException(
                $"There is no platform '{State.Platform}'.",
                "Create it with: platformctl create-local-platform"
            )
            {
                Kind = FailureKind.NotFound,
            };
}
