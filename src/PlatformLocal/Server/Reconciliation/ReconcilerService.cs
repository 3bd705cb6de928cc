namespace PlatformLocal.Server.Reconciliation;

/// <summary>Reconciles as long as the process serves; ends first, so that nobody waits for what does not come any more.</summary>
internal sealed class ReconcilerService(Reconciler reconciler) : IHostedLifecycleService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        reconciler.Start();
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => reconciler.StopAsync();

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
