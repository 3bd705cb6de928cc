namespace PlatformLocal.Kubernetes.Processes;

/// <summary>Takes secrets out of text that is shown.</summary>
internal static class Redaction
{
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
