using Spectre.Console;

namespace PlatformLocal.Cli.Rendering;

/// <summary>Shows a deployment: as a tree that changes in place on a terminal, else as a line for each change.</summary>
internal sealed class DeploymentProgress(Terminal terminal)
{
    /// <summary>Shows progress while something is waited for.</summary>
    public async Task<EnvironmentDocument> ShowAsync(
        EnvironmentDocument first,
        Func<IProgress<EnvironmentDocument>, Task<EnvironmentDocument>> wait
    )
    {
        if (!terminal.IsInteractive)
        {
            return await wait(new Lines(terminal));
        }

        return await terminal
            .Talk.Live(EnvironmentTree.Of(first))
            .AutoClear(true)
            .StartAsync(context => wait(new Tree(context)));
    }

    private sealed class Tree(LiveDisplayContext context) : IProgress<EnvironmentDocument>
    {
        public void Report(EnvironmentDocument value) => context.UpdateTarget(EnvironmentTree.Of(value));
    }

    private sealed class Lines(Terminal terminal) : IProgress<EnvironmentDocument>
    {
        private readonly Dictionary<string, ServicePhase> _seen = new(StringComparer.Ordinal);

        public void Report(EnvironmentDocument value)
        {
            if (value.Phase != EnvironmentPhase.Delivering && !value.IsSettled)
            {
                return; // still what it was before
            }

            foreach (var service in value.Services)
            {
                var isNew = !_seen.TryGetValue(service.Name, out var before) || before != service.Phase;
                _seen[service.Name] = service.Phase;
                if (isNew && service.Phase is ServicePhase.Ready or ServicePhase.Failed)
                {
                    var word = service.Phase == ServicePhase.Ready ? "ready" : "failed";
                    terminal.Say($"{value.EnvironmentName}: {service.Name} {service.Version} {word}");
                }
            }
        }
    }
}
