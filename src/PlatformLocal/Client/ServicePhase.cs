namespace PlatformLocal.Client;

/// <summary>The stations of a service on its way into the cluster.</summary>
public enum ServicePhase
{
    /// <summary>Waits for the services it depends on.</summary>
    Pending,

    /// <summary>Its objects are being applied.</summary>
    Applying,

    /// <summary>Applied; waits until its objects are ready.</summary>
    Waiting,

    /// <summary>All its objects are ready.</summary>
    Ready,

    /// <summary>Its delivery failed; the message says why.</summary>
    Failed,
}
