namespace PlatformLocal.Deployment.SearchIndex;

/// <summary>What can be searched of an environment.</summary>
/// <param name="Name">The environment's name.</param>
/// <param name="Fields">Names and texts: <c>user</c>, <c>environment_type</c>, <c>phase</c>, <c>service</c>….</param>
public sealed record SearchDocument(string Name, IReadOnlyList<KeyValuePair<string, string>> Fields);

/// <summary>Finds environments by what is in them. An index: it is rebuilt from the claims at any time.</summary>
public interface ISearchIndex
{
    /// <summary>Makes a document findable, in place of the one of the same name.</summary>
    /// <param name="document">The document.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    Task IndexAsync(SearchDocument document, CancellationToken cancellationToken);

    /// <summary>Forgets a document; fine when there is none.</summary>
    /// <param name="name">The document's name.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    Task RemoveAsync(string name, CancellationToken cancellationToken);

    /// <summary>Names of the documents that match all words of a query, in alphabetical order.</summary>
    /// <param name="query">
    /// Words; one alone matches within any text, <c>field:text</c> within that field only. Case does not count.
    /// An empty query matches all.
    /// </param>
    /// <param name="cancellationToken">Stops the search.</param>
    Task<IReadOnlyList<string>> SearchAsync(string query, CancellationToken cancellationToken);
}
