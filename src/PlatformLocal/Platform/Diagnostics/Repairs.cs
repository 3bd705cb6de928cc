namespace PlatformLocal.Platform.Diagnostics;

/// <summary>The fixes of checks that are safe to apply unasked: they touch nothing that somebody made.</summary>
public static class Repairs
{
    /// <summary>Applies what can be applied.</summary>
    /// <param name="report">What was found.</param>
    /// <param name="kernelSettings">The folder of the kernel's settings.</param>
    /// <returns>What was done, or why it could not be.</returns>
    public static IReadOnlyList<string> Apply(DoctorReport report, string kernelSettings = "/proc/sys")
    {
        var done = new List<string>();
        foreach (var (setting, least) in KindPreflight.InotifyLimits)
        {
            if (!report.Checks.Any(c => c.Name == $"inotify {setting}" && c.Status != CheckStatus.Pass))
            {
                continue;
            }

            string file = Path.Combine(kernelSettings, "fs", "inotify", setting);
            try
            {
                File.WriteAllText(file, least.ToString(CultureInfo.InvariantCulture));
                done.Add(
                    $"fs.inotify.{setting} is {least} until the machine restarts; playbooks/host.yml makes it last"
                );
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                done.Add($"fs.inotify.{setting} could not be raised ({fault.Message}); run as root");
            }
        }

        return done;
    }
}
