using Microsoft.Extensions.Logging;

namespace EmbeddedKubernetes;

/// <summary>How an embedded cluster is run.</summary>
public sealed record EmbeddedClusterOptions
{
    /// <summary>The folder that keeps objects, certificates and the token between runs. One process at a time may use it.</summary>
    /// <value>Null: everything is kept in memory and lost on dispose.</value>
    public string? StateDirectory { get; init; }

    /// <summary>The TCP port on 127.0.0.1, 1 to 65535; 0 takes a free one, with a <see cref="StateDirectory"/> the last one if it is free.</summary>
    /// <value>0.</value>
    public int Port { get; init; }

    /// <summary>The clock behind timestamps, timeouts and simulated delays.</summary>
    /// <value><see cref="System.TimeProvider.System"/>.</value>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>How long a simulated pod takes from its creation to being ready.</summary>
    /// <value>20 milliseconds.</value>
    public TimeSpan PodStartDelay { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Where the cluster tells what its callers cannot see: controllers that fail, writes the disk refused.</summary>
    /// <value>Null: nowhere.</value>
    public ILoggerFactory? LoggerFactory { get; init; }
}
