using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Clusters;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Platform.PlatformServices.Installation;
using PlatformLocal.Platform.PlatformServices.Selection;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Platform.Operations;

/// <summary>One platform on this machine: finds it, and has it served.</summary>
/// <param name="state">Its state folder.</param>
/// <param name="serve">How it is started.</param>
/// <param name="programs">Runs docker and kind.</param>
/// <param name="time">The clock for waits.</param>
public sealed class LocalPlatform(StateFolder state, ServeCommand serve, ProgramRunner programs, TimeProvider time)
{
    private readonly ServingProcess _process = new(state, serve, time);

    /// <summary>Its state folder.</summary>
    public StateFolder State { get; } = state;

    /// <summary>A client of the running platform.</summary>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">It does not run, or is out of reach.</exception>
    public async Task<PlatformApiClient> ConnectAsync(CancellationToken cancellationToken) =>
        IsInCluster ? await FindInClusterAsync(cancellationToken) : _process.Connect() ?? throw NotRunning();

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
        var platform = await AskAsync(api, cancellationToken);
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

    // Whoever asks for the platform itself is not helped by being told to ask for it.
    private async Task<PlatformDocument> AskAsync(PlatformApiClient api, CancellationToken cancellationToken)
    {
        try
        {
            return await api.GetPlatformAsync(cancellationToken);
        }
        catch (PlatformException e) when (e.NextStep == PlatformApiClient.LookAtPlatform)
        {
            throw new PlatformException(
                e.Kind,
                e.Message,
                _process.Id is { } process
                    ? $"Its log is {State.Log}. If it does not come back, end its process and start it again, what it keeps stays: kill -9 {process}\n"
                        + ShellCommand.Platformctl("create-local-platform")
                    : $"Check what it runs on with: {ShellCommand.Platformctl("doctor")}",
                e
            );
        }
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

    private Task<PlatformApiClient> FindInClusterAsync(CancellationToken cancellationToken) =>
        State.ReadEndpoint() is { } endpoint && State.ReadToken() is { } token
            ? new PlatformApiRoute(programs, time).FindAsync(
                endpoint.Address,
                KindClusterName.Of(State.Platform),
                token,
                _process.OtherVersionThan(
                    endpoint,
                    "Use that version, or bring the platform to this one with: "
                        + ShellCommand.Platformctl("create-local-platform")
                ),
                cancellationToken
            )
            : throw NotRunning();

    /// <summary>Whether a process serves this platform: it then holds the lock.</summary>
    public bool IsServed() => _process.IsThere;

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

        if (_process.IsLost)
        {
            // Who holds the lock says where it is reached before it lets go: that has been lost since, or is another's.
            report($"Ending the process {_process.Id}, which serves the platform and does not say where");
            await _process.StopAsync(cancellationToken);
        }

        State.PutInOrder(); // told here, not in a log
        _ = WorkspaceReader.Read(settings.Workspace); // its faults as well
        report(
            ClusterOf(settings).IsSimulated
                ? $"Starting the embedded platform '{State.Platform}' in the background (no Docker needed)."
                : $"Starting the platform '{State.Platform}' on its {settings.Cluster} cluster in the background."
        );
        State.WriteSettings(settings);
        return await _process.StartAsync(cancellationToken);
    }

    private Task<PlatformApiClient?> FindRunningAsync(PlatformSettings settings, CancellationToken cancellationToken) =>
        settings.IsApiInCluster
            ? FindUpToDateAsync(settings.Workspace, cancellationToken)
            : _process.FindAnsweringAsync(cancellationToken);

    private async Task<PlatformApiClient?> FindUpToDateAsync(string workspace, CancellationToken cancellationToken)
    {
        var inCluster = await FindInClusterAsync(cancellationToken);
        await WorkspaceUpload.EnsureAsync(inCluster, workspace, cancellationToken);
        return inCluster;
    }

    private ICluster ClusterOf(PlatformSettings settings) => PlatformClusters.Of(State, settings, programs, time);

    /// <summary>Ends the serving process; its state stays.</summary>
    /// <param name="report">Is told when another run is waited for.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="PlatformException">Another run is at work on it, or the process does not end in time.</exception>
    public async Task StopAsync(Action<string> report, CancellationToken cancellationToken)
    {
        using var held = await State.LockAsync("destroy-local-platform", report, time, cancellationToken);
        await _process.StopAsync(cancellationToken);
    }

    /// <summary>The same for whoever holds the platform's lock.</summary>
    internal Task StopAsync(CancellationToken cancellationToken) => _process.StopAsync(cancellationToken);

    private PlatformException NotRunning()
    {
        if (State.AtWork is { } holder)
        {
            return new PlatformException(
                FailureKind.Conflict,
                $"The platform '{State.Platform}' does not answer yet: {holder}, is at work on it.",
                "Wait until that is done, and run the command again."
            );
        }

        if (_process.IsStarting)
        {
            return new PlatformException(
                FailureKind.Conflict,
                $"The platform '{State.Platform}' runs as the process {_process.Id}, which began a moment ago and does not say yet where it answers.",
                "Wait a moment and run the command again. If it does not answer then, start it anew with: "
                    + ShellCommand.Platformctl("create-local-platform")
            );
        }

        var (fault, verb) =
            _process.Id is { } process
                ? (
                    $"The platform '{State.Platform}' runs as the process {process}, and where it answers is lost.",
                    "Start"
                )
            : Directory.Exists(State.Folder) ? ($"The platform '{State.Platform}' does not run.", "Start")
            : ($"There is no platform '{State.Platform}'.", "Create");
        return new PlatformException(
            FailureKind.NotFound,
            fault,
            $"{verb} it with: {ShellCommand.Platformctl("create-local-platform")}"
        );
    }
}
