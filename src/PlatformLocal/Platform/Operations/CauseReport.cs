namespace PlatformLocal.Platform.Operations;

/// <summary>Tells why an environment is not further: each cause once when it appears, and again only when it changes.</summary>
/// <param name="say">Takes a line.</param>
/// <param name="time">The clock of how long it takes already.</param>
public sealed class CauseReport(Action<string> say, TimeProvider time) : IProgress<EnvironmentDocument>
{
    private readonly HashSet<(string Service, object Cause)> _told = [];
    private readonly long _began = time.GetTimestamp();

    /// <summary>How far it is and for how long, such as <c>7 of 12 ready, 30 s</c>.</summary>
    /// <param name="environment">The environment.</param>
    public string Progress(EnvironmentDocument environment)
    {
        var seconds = $"{time.GetElapsedTime(_began).TotalSeconds:0} s";
        return environment.Phase == EnvironmentPhase.Deleting ? seconds : $"{environment.ReadyCount}, {seconds}";
    }

    /// <inheritdoc/>
    public void Report(EnvironmentDocument value)
    {
        if (value is { Phase: EnvironmentPhase.Deleting, Message: { } waiting, Failure: null, Causes.Count: 0 })
        {
            // Where there are causes, these are what it is made of.
            Tell(value, "", $"{value.EnvironmentName}: {waiting}", waiting);
        }

        foreach (var cause in value.Causes)
        {
            Tell(value, "", $"{value.EnvironmentName}: {cause}", cause.Identity);
        }

        foreach (var service in value.Services)
        {
            if (service.Phase == ServicePhase.Ready)
            {
                _told.RemoveWhere(t => t.Service == service.Name);
            }

            foreach (var cause in service.Causes)
            {
                Tell(
                    value,
                    service.Name,
                    $"{value.EnvironmentName}: {service.Name} {service.Version}: {cause}",
                    cause.Identity
                );
            }
        }
    }

    private void Tell(EnvironmentDocument environment, string service, string line, object identity)
    {
        if (_told.Add((service, identity)))
        {
            say($"{line} ({Progress(environment)})");
        }
    }
}
