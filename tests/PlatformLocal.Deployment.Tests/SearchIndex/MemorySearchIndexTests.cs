using PlatformLocal.Deployment.SearchIndex;

namespace PlatformLocal.Deployment.Tests.SearchIndex;

public sealed class MemorySearchIndexTests
{
    [Theory]
    [InlineData("", "crm shop")]
    [InlineData("anna", "shop")]
    [InlineData("type:DEV", "crm shop")]
    [InlineData("type:dev service:auth", "shop")]
    [InlineData("type:auth", "")]
    [InlineData("nothing", "")]
    public void All_words_must_match(string query, string expected)
    {
        var index = new MemorySearchIndex();
        index.Index(Document("shop", ("user", "anna"), ("type", "dev"), ("service", "auth 1.0")));
        index.Index(Document("crm", ("user", "bert"), ("type", "dev"), ("service", "web 2.0")));
        index.Index(Document("old", ("user", "anna")));
        index.Remove("old");

        index.Search(query).Should().Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    private static SearchDocument Document(string name, params (string, string)[] fields) =>
        new(name, [.. fields.Select(f => KeyValuePair.Create(f.Item1, f.Item2))]);
}
