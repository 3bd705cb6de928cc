namespace PlatformLocal.Platform.State;

/// <summary>A file of a state folder is there and cannot be read: it is not taken for absent.</summary>
public sealed class UnreadableStateException : PlatformException
{
    internal UnreadableStateException(string file, string why, string nextStep, Exception? inner = null)
        : base($"The file {file} cannot be read: {why.TrimEnd('.')}.", nextStep, inner) => File = file;

    /// <summary>The file.</summary>
    public string File { get; }
}
