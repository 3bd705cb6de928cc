using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace EmbeddedKubernetes.Tests.Support;

/// <summary>What was logged, with its values by name.</summary>
internal sealed record LogEntry(
    LogLevel Level,
    string Text,
    Exception? Cause,
    IReadOnlyDictionary<string, object?> Values
);

/// <summary>Keeps what is logged.</summary>
internal sealed class CollectingLoggers : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<LogEntry> _entries = new();

    public IReadOnlyList<LogEntry> Entries => [.. _entries];

    public ILoggerFactory Factory() => LoggerFactory.Create(builder => builder.AddProvider(this));

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    ) =>
        _entries.Enqueue(
            new(
                logLevel,
                formatter(state, exception),
                exception,
                (state as IEnumerable<KeyValuePair<string, object?>> ?? []).ToDictionary(
                    p => p.Key,
                    p => p.Value,
                    StringComparer.Ordinal
                )
            )
        );

    /// <summary>Waits until what was logged is as wanted; ten seconds at most.</summary>
    public async Task<IReadOnlyList<LogEntry>> UntilAsync(Func<IReadOnlyList<LogEntry>, bool> wanted)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ApiClient.Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(10));
        while (true)
        {
            var entries = Entries;
            if (wanted(entries))
            {
                return entries;
            }
            patience
                .Token.IsCancellationRequested.Should()
                .BeFalse("more should be logged than {0}", string.Join('\n', entries.Select(e => e.Text)));
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, ApiClient.Cancel);
        }
    }

    public void Dispose() { }
}
