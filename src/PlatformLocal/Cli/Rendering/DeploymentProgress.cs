using PlatformLocal.Platform.Operations;
using Spectre.Console;

namespace PlatformLocal.Cli.Rendering;

/// <summary>
/// Shows an environment on its way, with why it is not further: as a tree that changes in place on a terminal, else as
/// a line for each change and one now and then that says that it goes on.
/// </summary>
internal sealed class DeploymentProgress(Terminal terminal)
{
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_reminder = TimeSpan.FromSeconds(30);

    /// <summary>Shows progress while something is waited for.</summary>
    public async Task<T> ShowAsync<T>(EnvironmentDocument first, Func<IProgress<EnvironmentDocument>, Task<T>> wait)
    {
        if (!terminal.IsInteractive)
        {
            var lines = new Lines(terminal);
            return await TickingAsync(wait(lines), lines.Tick);
        }

        var live = terminal.Talk.Live(EnvironmentTree.Of(first)).AutoClear(true);
        return await live.StartAsync(context =>
        {
            var tree = new Tree(context, first);
            return TickingAsync(wait(tree), tree.Tick);
        });
    }

    private static async Task<T> TickingAsync<T>(Task<T> work, Action tick)
    {
        using var timer = new PeriodicTimer(s_tick, TimeProvider.System);
        while (await Task.WhenAny(work, timer.WaitForNextTickAsync().AsTask()) != work)
        {
            tick();
        }

        return await work;
    }

    private sealed class Tree(LiveDisplayContext context, EnvironmentDocument first) : IProgress<EnvironmentDocument>
    {
        private readonly Lock _lock = new();
        private readonly long _began = TimeProvider.System.GetTimestamp();
        private EnvironmentDocument _last = first;

        public void Report(EnvironmentDocument value)
        {
            lock (_lock)
            {
                _last = value;
                Draw();
            }
        }

        public void Tick()
        {
            lock (_lock)
            {
                Draw();
            }
        }

        private void Draw() =>
            context.UpdateTarget(EnvironmentTree.Of(_last, TimeProvider.System.GetElapsedTime(_began)));
    }

    private sealed class Lines : IProgress<EnvironmentDocument>
    {
        private readonly Terminal _terminal;
        private readonly Lock _lock = new();
        private readonly Dictionary<string, ServicePhase> _seen = new(StringComparer.Ordinal);
        private readonly CauseReport _causes;
        private EnvironmentDocument? _last;
        private long _said = TimeProvider.System.GetTimestamp();

        public Lines(Terminal terminal)
        {
            _terminal = terminal;
            _causes = new CauseReport(
                line =>
                    terminal.Say(
                        CommandText.Copyable(line, _last is { Cluster: not null } own ? own.EnvironmentName : null)
                    ),
                TimeProvider.System
            );
        }

        public void Report(EnvironmentDocument value)
        {
            lock (_lock)
            {
                if (value.Phase is EnvironmentPhase.Pending or EnvironmentPhase.Resolving && value.Causes.Count == 0)
                {
                    return; // still what it was before
                }

                _last = value;
                _causes.Report(value);
                if (value.Phase != EnvironmentPhase.Deleting)
                {
                    ReportPhases(value);
                }
            }
        }

        /// <summary>What writes nothing for long looks as if it were dead.</summary>
        public void Tick()
        {
            lock (_lock)
            {
                if (_last is not { } last || TimeProvider.System.GetElapsedTime(_said) < s_reminder)
                {
                    return;
                }

                _said = TimeProvider.System.GetTimestamp();
                var waiting = last
                    .Services.Where(s => s.Phase is ServicePhase.Waiting or ServicePhase.Applying)
                    .Select(s => s.Name)
                    .ToList();
                var what =
                    last.Phase == EnvironmentPhase.Deleting ? "is being removed"
                    : waiting.Count == 0 ? "goes on"
                    : $"waits for {string.Join(", ", waiting)}";
                _terminal.Say($"{last.EnvironmentName}: {what} ({_causes.Progress(last)})");
            }
        }

        private void ReportPhases(EnvironmentDocument value)
        {
            foreach (var service in value.Services)
            {
                var isNew = !_seen.TryGetValue(service.Name, out var before) || before != service.Phase;
                _seen[service.Name] = service.Phase;
                if (isNew && service.Phase is ServicePhase.Ready or ServicePhase.Failed)
                {
                    var word = service.Phase == ServicePhase.Ready ? "ready" : "failed";
                    _terminal.Say(
                        $"{value.EnvironmentName}: {service.Name} {service.Version} {word} ({_causes.Progress(value)})"
                    );
                }
            }
        }
    }
}
