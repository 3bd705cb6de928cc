namespace PlatformLocal.Deployment.SearchIndex;

/// <summary>An index in memory: lost at the end of the process and rebuilt from the claims at its start.</summary>
public sealed class MemorySearchIndex : ISearchIndex
{
    private readonly ConcurrentDictionary<string, SearchDocument> _documents = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public Task IndexAsync(SearchDocument document, CancellationToken cancellationToken)
    {
        _documents[document.Name] = document;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task RemoveAsync(string name, CancellationToken cancellationToken)
    {
        _documents.TryRemove(name, out _);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> SearchAsync(string query, CancellationToken cancellationToken)
    {
        var words = query.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        IReadOnlyList<string> found =
        [
            .. _documents
                .Values.Where(d => Array.TrueForAll(words, w => Matches(d, w)))
                .Select(d => d.Name)
                .Order(StringComparer.Ordinal),
        ];
        return Task.FromResult(found);
    }

    private static bool Matches(SearchDocument document, string word)
    {
        var colon = word.IndexOf(':', StringComparison.Ordinal);
        var field = colon > 0 ? word[..colon] : null;
        var text = word[(colon + 1)..];
        return document.Fields.Any(f =>
            (field is null || f.Key.Equals(field, StringComparison.OrdinalIgnoreCase))
            && f.Value.Contains(text, StringComparison.OrdinalIgnoreCase)
        );
    }
}
