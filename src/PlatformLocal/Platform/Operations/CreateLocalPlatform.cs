using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Clusters;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Platform.PlatformServices.Selection;
using PlatformLocal.Platform.State;
using PlatformLocal.Platform.Steps;

namespace PlatformLocal.Platform.Operations;

/// <summary>Creates a platform step by step; each step looks first, so that a run that was killed goes on where it was.</summary>
/// <param name="platform">The platform.</param>
/// <param name="programs">Runs kind and docker.</param>
/// <param name="time">The clock of steps.</param>
public sealed class CreateLocalPlatform(LocalPlatform platform, ProgramRunner programs, TimeProvider time)
{
    /// <summary>The name of the command, for others who wait for it.</summary>
    private const string Work = "create-local-platform";

    /// <summary>Creates the platform.</summary>
    /// <param name="options">What with.</param>
    /// <param name="report">Is told what is done just now.</param>
    /// <param name="cancellationToken">Stops; the next run goes on from there.</param>
    /// <returns>A client of the running platform, and where the time went.</returns>
    /// <exception cref="PlatformException">A step failed: says which, why and what to do.</exception>
    public async Task<(PlatformApiClient Api, StepLedger Ledger)> RunAsync(
        CreateOptions options,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        _ = Settle(options); // what cannot be is told without waiting for anybody
        using var held = await platform.State.LockAsync(Work, report, time, cancellationToken);
        platform.State.PutInOrder();
        var settings = Settle(options);
        var cluster = PlatformClusters.Of(platform.State, settings, programs, time, options.Confirm);
        var creation = new Creation
        {
            Cluster = cluster,
            Platform = platform,
            Options = options,
            Settings = settings,
            Services = PlatformServiceSelection.Of(settings, WorkspaceReader.Read(settings.Workspace)),
            IsNew = platform.State.ReadSettings() is null,
            Held = held,
            Programs = programs,
            Time = time,
        };
        if (cluster.IsSimulated)
        {
            platform.State.WriteSettings(settings); // other clusters write them when they are made
        }

        TellLeftOut(creation.Services, report);
        var mirror = cluster.IsSimulated ? null : new StepMirror(cluster.ConnectAsync, time);
        try
        {
            var runner = RunnerOf(StepsOf(creation, report), mirror, held, report);
            var ledger = await runner.RunAsync(cancellationToken);
            return (creation.Api!, ledger);
        }
        finally
        {
            if (mirror is not null && await mirror.FinishAsync() is { } fault)
            {
                report($"The cluster has no copy of the steps: {fault}");
            }
        }
    }

    private static IReadOnlyList<Step> StepsOf(Creation creation, Action<string> report)
    {
        switch (creation.Cluster)
        {
            case KindPlatformCluster kind:
                return new CreateOnKind(creation, kind).Steps(report);
            case { OutlivesPlatform: true } existing:
                var services = creation.ServiceSteps("baseline");
                return
                [
                    new Step
                    {
                        Name = "permission",
                        RunAsync = (step, token) => existing.EnsureAsync(step.Report, token),
                        Timeout = TimeSpan.FromMinutes(10), // somebody may have to answer
                    },
                    creation.Baseline("permission"),
                    .. services,
                    creation.Serve("platform", report, ["baseline", .. services.Select(s => s.Name)]),
                ];
            default:
                return [creation.Serve("platform", report)];
        }
    }

    private PlatformSettings Settle(CreateOptions options)
    {
        var settings = platform.State.Settle(options.Workspace, options.Cluster);
        return settings with
        {
            Services = options.Services ?? settings.Services,
            Delivery = options.Delivery ?? settings.Delivery,
            Profile = options.Profile ?? settings.Profile,
        };
    }

    private StepRunner RunnerOf(IReadOnlyList<Step> steps, StepMirror? mirror, FolderLock held, Action<string> report)
    {
        var running = new List<string>();
        return new StepRunner(
            new StepGraph(steps),
            time,
            new StepRunnerOptions
            {
                OnEvent = e =>
                {
                    mirror?.Note(e);
                    if (e.Kind == StepEventKind.Started)
                    {
                        running.Add(e.Step);
                        held.Tell([.. running]);
                    }
                    else if (e.Kind is StepEventKind.Done or StepEventKind.Failed or StepEventKind.Stopped)
                    {
                        running.Remove(e.Step);
                        held.Tell([.. running]);
                    }

                    if (e.Message.Length > 0 && e.Kind != StepEventKind.Failed) // failures are told once, at the end
                    {
                        report($"{e.Step}: {e.Message}");
                    }
                },
            }
        );
    }

    private static void TellLeftOut(PlatformServiceSelection choice, Action<string> report)
    {
        foreach (var reason in choice.LeftOut.GroupBy(s => s.Reason, StringComparer.Ordinal))
        {
            report($"Left out: {string.Join(", ", reason.Select(s => s.Name))} — each {reason.Key}.");
        }
    }
}
