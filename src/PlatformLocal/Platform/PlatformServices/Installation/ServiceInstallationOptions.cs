using PlatformLocal.Platform.PlatformServices.Flux;

namespace PlatformLocal.Platform.PlatformServices.Installation;

/// <summary>How platform services are installed.</summary>
internal sealed record ServiceInstallationOptions
{
    /// <summary>The clock of waits.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The pause between two looks at something that is not ready.</summary>
    /// <value>2 seconds unless set.</value>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a pod may be unable to start, such as without its image, before its service has failed.</summary>
    /// <value>1 minute unless set.</value>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long each thing may take to become ready; <see langword="null"/> for what each service says.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The oldest minor version of Kubernetes 1 that Flux is installed on; tests have an older one.</summary>
    internal int OldestKubernetes { get; init; } = FluxRelease.OldestKubernetes;
}
