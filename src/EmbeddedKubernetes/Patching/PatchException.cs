namespace EmbeddedKubernetes.Patching;

/// <summary>A patch that is malformed or does not fit the object.</summary>
internal sealed class PatchException(string message, bool malformed) : Exception(message)
{
    /// <summary>The patch itself is wrong (400), as opposed to not fitting this object (422).</summary>
    public bool Malformed { get; } = malformed;
}
