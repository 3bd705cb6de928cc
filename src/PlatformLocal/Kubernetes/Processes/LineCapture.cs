namespace PlatformLocal.Kubernetes.Processes;

/// <summary>Keeps the last part of a stream of text and hands out its lines as they come.</summary>
/// <param name="limit">How many characters are kept.</param>
/// <param name="onLine">Is told of every line.</param>
internal sealed class LineCapture(int limit, Action<string>? onLine)
{
    /// <summary>A line longer than this is handed out in pieces, so that a program without line ends cannot fill the memory.</summary>
    private const int LongestLine = 64 * 1024;

    private readonly StringBuilder _kept = new();
    private readonly StringBuilder _line = new();
    private readonly Lock _lock = new();

    public bool IsTruncated { get; private set; }

    public string Text
    {
        get
        {
            lock (_lock)
            {
                return _kept.Length > limit ? _kept.ToString(_kept.Length - limit, limit) : _kept.ToString();
            }
        }
    }

    /// <param name="stream">The text, as UTF-8; is left open.</param>
    /// <param name="late">Ends reading where a stream has no end.</param>
    public async Task PumpAsync(Stream stream, CancellationToken late)
    {
        var reader = new StreamReader(stream);
        var buffer = new char[8 * 1024];
        while (await ReadAsync() is var count and > 0)
        {
            Keep(buffer.AsSpan(0, count));
            Split(buffer.AsSpan(0, count));
        }
        if (_line.Length > 0)
        {
            HandOut();
        }

        async Task<int> ReadAsync()
        {
            try
            {
                // Reading a pipe cannot be cancelled everywhere: it is left alone then.
                return await reader.ReadAsync(buffer.AsMemory(), CancellationToken.None).AsTask().WaitAsync(late);
            }
            catch (OperationCanceledException)
            {
                return 0;
            }
        }
    }

    private void Keep(ReadOnlySpan<char> text)
    {
        lock (_lock)
        {
            _kept.Append(text);
            IsTruncated |= _kept.Length > limit;
            // Trimming in large steps keeps the cost per character constant.
            if (_kept.Length > 2L * limit + 8 * 1024)
            {
                _kept.Remove(0, _kept.Length - limit);
            }
        }
    }

    private void Split(ReadOnlySpan<char> text)
    {
        if (onLine is null)
        {
            return;
        }
        while (!text.IsEmpty)
        {
            int end = text.IndexOf('\n');
            ReadOnlySpan<char> piece = end < 0 ? text : text[..end];
            _line.Append(piece);
            text = end < 0 ? [] : text[(end + 1)..];
            if (end >= 0 || _line.Length > LongestLine)
            {
                HandOut();
            }
        }
    }

    private void HandOut()
    {
        string line = _line.ToString().TrimEnd('\r');
        _line.Clear();
        onLine?.Invoke(line);
    }
}
