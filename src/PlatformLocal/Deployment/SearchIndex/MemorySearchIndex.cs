namespace PlatformLocal.Deployment.SearchIndex;

/// <summary>What can be searched of an environment.</summary>
/// <param name="Name">The environment's name.</param>
/// <param name="Fields">Names and texts: <c>user</c>, <c>environment_type</c>, <c>phase</c>, <c>service</c>….</param>
public sealed record SearchDocument(string Name, IReadOnlyList<KeyValuePair<string, string>> Fields);

/// <summary>
/// Finds environments by what is in them, in memory: lost at the end of the process and rebuilt from the claims at its
/// start.
/// </summary>
public sealed class MemorySearchIndex
{
    private readonly ConcurrentDictionary<string, SearchDocument> _documents = new(StringComparer.Ordinal);

    /// <summary>Makes a document findable, in place of the one of the same name.</summary>
    /// <param name="document">The document.</param>
    public void Index(SearchDocument document) => _documents[document.Name] = document;

    /// <summary>Forgets a document; fine when there is none.</summary>
    /// <param name="name">The document's name.</param>
    public void Remove(string name) => _documents.TryRemove(name, out _);

    /// <summary>Names of the documents that match all words of a query, in alphabetical order.</summary>
    /// <param name="query">
    /// Words; one alone matches within any text, <c>field:text</c> within that field only. Case does not count.
    /// An empty query matches all.
    /// </param>
    public IReadOnlyList<string> Search(string query)
    {
        var words = query.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return
        [
            .. _documents
                .Values.Where(d => Array.TrueForAll(words, w => Matches(d, w)))
                .Select(d => d.Name)
                .Order(StringComparer.Ordinal),
        ];
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
