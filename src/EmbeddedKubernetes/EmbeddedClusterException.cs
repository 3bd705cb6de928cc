namespace EmbeddedKubernetes;

/// <summary>The embedded cluster cannot start or go on; the message says why and what to do.</summary>
public sealed class EmbeddedClusterException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What failed, why, and what to do now.</param>
    /// <param name="inner">What was caught, if anything.</param>
    public EmbeddedClusterException(string message, Exception? inner = null)
        : base(message, inner) { }
}
