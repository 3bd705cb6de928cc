namespace PlatformLocal.Kubernetes.Processes;

/// <summary>Takes secrets out of text that is shown.</summary>
public static class Redaction
{
    /// <summary>The text with three stars for each secret.</summary>
    /// <param name="text">The text.</param>
    /// <param name="secrets">What must not be shown.</param>
    public static string Apply(string text, IReadOnlyList<string> secrets)
    {
        // The longest first: a secret that contains another one must not leave its rest behind.
        foreach (string secret in secrets.OrderByDescending(secret => secret.Length))
        {
            if (secret.Length > 0)
            {
                text = text.Replace(secret, "***", StringComparison.Ordinal);
            }
        }
        return text;
    }
}
