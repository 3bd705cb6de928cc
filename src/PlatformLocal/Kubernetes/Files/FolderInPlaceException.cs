namespace PlatformLocal.Kubernetes.Files;

/// <summary>A folder is where a file is expected: systems say of that that access is denied, or nothing.</summary>
public sealed class FolderInPlaceException : PlatformException
{
    internal FolderInPlaceException(string path)
        : base(
            $"{path} is a folder, and a file is expected there.",
            $"Move it away, and put the file back if there is a copy of it: {ShellCommand.Of("mv", path, path + ".folder")}"
        ) { }
}
