namespace PlatformLocal.Kubernetes;

/// <summary>How a <see cref="KubernetesClient"/> behaves.</summary>
public sealed record KubernetesClientOptions
{
    /// <summary>How long one attempt of a request may take; watches and followed logs may go on after their answer began.</summary>
    /// <value>1 minute unless set.</value>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often a request is tried again where that is safe.</summary>
    /// <value>5 unless set; 0 turns it off.</value>
    public int Retries { get; init; } = 5;

    /// <summary>The first pause before trying again; it doubles each time, up to 10 seconds, and varies at random.</summary>
    /// <value>200 milliseconds unless set.</value>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest pause a server may ask for with <c>Retry-After</c>; when it asks for more, its answer stands.</summary>
    /// <value>1 minute unless set.</value>
    public TimeSpan LongestRetryAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How many objects a page of a list has.</summary>
    /// <value>500 unless set.</value>
    public int PageSize { get; init; } = 500;

    /// <summary>Who we are in managed fields and in the server's logs.</summary>
    /// <value><c>platform-local</c> unless set.</value>
    public string FieldManager { get; init; } = "platform-local";

    /// <summary>The clock of pauses and timeouts.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
