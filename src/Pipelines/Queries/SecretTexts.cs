namespace Pipelines.Queries;

/// <summary>The plain texts of secrets that this process gave to the engine or got from it.</summary>
internal sealed class SecretTexts
{
    private readonly Lock _gate = new();
    private string[] _texts = []; // replaced, never changed

    public void Add(string text)
    {
        if (text.Length > 0)
        {
            lock (_gate)
            {
                _texts = [.. _texts, text];
            }
        }
    }

    /// <summary>The text with every known secret replaced by stars.</summary>
    public string Redact(string text) =>
        // The longest first: one secret may be a part of another.
        _texts
            .OrderByDescending(t => t.Length)
            .Aggregate(text, (shown, secret) => shown.Replace(secret, "***", StringComparison.Ordinal));
}
