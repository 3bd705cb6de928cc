namespace Pipelines.Tests.Testing;

/// <summary>
/// The program <c>dagger</c> of this machine with its engine. Its tests run when <c>PLATFORM_TEST_DAGGER</c> is <c>1</c>:
/// an engine downloads images of gigabytes.
/// </summary>
internal static class RealEngine
{
    private const string Variable = "PLATFORM_TEST_DAGGER";

    public static void SkipIfMissing() =>
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable(Variable) == "1",
            $"{Variable} is not 1: the program dagger and its engine are not asked for"
        );

    /// <summary>What a call of the module in a folder says on standard output.</summary>
    public static async Task<string> CallAsync(string folder, params string[] words)
    {
        var result = await RunAsync(folder, ["call", .. words]);
        result.ExitCode.Should().Be(0, result.Errors);
        return result.Output.Trim();
    }

    /// <summary>What a call that fails says on standard error, after everything that it tells on the way.</summary>
    public static async Task<string> FailAsync(string folder, params string[] words)
    {
        var result = await RunAsync(folder, ["call", .. words]);
        result.ExitCode.Should().NotBe(0, result.Output);
        return result.Errors[result.Errors.LastIndexOf("Error:", StringComparison.Ordinal)..];
    }

    public static Task<LocalProcess> RunAsync(string folder, IEnumerable<string> words) =>
        LocalProcess.RunAsync("dagger", words, folder);
}
