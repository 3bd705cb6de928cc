using System.Collections.Immutable;

namespace Pipelines.Queries;

/// <summary>The plain texts of secrets that this process gave to the engine or got from it.</summary>
internal sealed class SecretTexts
{
    private ImmutableHashSet<string> _texts = [];

    public void Add(string text)
    {
        if (text.Length > 0)
        {
            ImmutableInterlocked.Update(ref _texts, static (all, added) => all.Add(added), text);
        }
    }

    /// <summary>The text with every known secret replaced by stars.</summary>
    public string Redact(string text) =>
        // The longest first: one secret may be a part of another.
        _texts
            .OrderByDescending(t => t.Length)
            .Aggregate(text, (shown, secret) => shown.Replace(secret, "***", StringComparison.Ordinal));
}
