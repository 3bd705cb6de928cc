namespace PlatformLocal.Kubernetes.Processes;

/// <summary>Which programs this machine has.</summary>
public static class InstalledPrograms
{
    /// <summary>Whether a program is in <c>PATH</c>, without running it.</summary>
    public static bool Has(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Any(folder => File.Exists(Path.Combine(folder, program)));
}
