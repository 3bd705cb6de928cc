namespace Pipelines.Sessions;

/// <summary>How a session is found or started.</summary>
public sealed record SessionOptions
{
    /// <summary>The environment variables that name a session or the program <c>dagger</c>.</summary>
    /// <value>Those of this process unless set.</value>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>The folder in which a session that is started sees the host's files.</summary>
    /// <value>The current folder unless set.</value>
    public string? WorkingDirectory { get; init; }

    /// <summary>The longest wait for a session that is started; it may have to fetch the engine's image.</summary>
    /// <value>Ten minutes unless set.</value>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The longest wait for one answer; an answer may need a whole pipeline to run.</summary>
    /// <value>Six hours unless set.</value>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromHours(6);

    /// <summary>Is told what the program <c>dagger</c> says, and of an engine that is newer than this SDK.</summary>
    /// <value>Standard error unless set.</value>
    public Action<string> Log { get; init; } = text => Console.Error.WriteLine(text);

    /// <summary>The clock of waits.</summary>
    /// <value>The system's unless set.</value>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
