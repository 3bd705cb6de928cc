using System.Diagnostics;

namespace Pipelines.Tests.Testing;

/// <summary>Files that can be run.</summary>
internal static class Executable
{
    public static void Make(string path)
    {
        using var chmod = Process.Start("chmod", ["755", path]);
        chmod.WaitForExit();
    }
}
