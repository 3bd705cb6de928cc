using System.Reflection;
using System.Text;

namespace PlatformLocal.Fuzzing;

/// <summary>Where inputs come from, and how many there are.</summary>
internal static class Inputs
{
    /// <summary>The variable with the number of inputs of a run, all tests together.</summary>
    public const string Variable = "PLATFORM_FUZZ_INPUTS";

    private const int Ordinarily = 6_000;

    // Another stretch of inputs with each variable's value, the same one for the same value.
    private static readonly int s_total = int.TryParse(Environment.GetEnvironmentVariable(Variable), out var wanted)
        ? wanted
        : Ordinarily;

    private static readonly string s_folder = Path.Combine(
        Assembly
            .GetExecutingAssembly()
            .GetCustomAttributes<AssemblyMetadataAttribute>()
            .First(a => a.Key == "RepositoryRoot")
            .Value!,
        "tests",
        "Fuzzing",
        "Seeds"
    );

    /// <summary>How many inputs a test takes that is one of so many.</summary>
    public static int Share(int of) => Math.Max(s_total / of, 1);

    /// <summary>The seeds of a name: a file, or each line of a text file.</summary>
    public static IReadOnlyList<byte[]> Seeds(params ReadOnlySpan<string> files)
    {
        var seeds = new List<byte[]>();
        foreach (var file in files)
        {
            var path = Path.Combine(s_folder, file);
            seeds.AddRange(
                file.EndsWith(".txt", StringComparison.Ordinal)
                    ? File.ReadAllLines(path).Select(Encoding.UTF8.GetBytes)
                    : [File.ReadAllBytes(path)]
            );
        }

        return seeds;
    }

    /// <summary>Tries inputs one after the other and tells each kind of failure once, with the number to find it by.</summary>
    /// <param name="seeds">What is well.</param>
    /// <param name="count">How many.</param>
    /// <param name="attempt">Returns what is wrong; <see langword="null"/> when nothing is.</param>
    public static async Task TryAsync(IReadOnlyList<byte[]> seeds, int count, Func<byte[], int, Task<string?>> attempt)
    {
        var kinds = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var number = 0; number < count && kinds.Count < 20; number++)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            var input = Mutator.Make(seeds, number);
            if (await attempt(input, number) is { } wrong)
            {
                kinds.TryAdd(
                    wrong,
                    $"input {number}: {wrong}\n{Convert.ToBase64String(input.AsSpan(0, Math.Min(input.Length, 3000)))}"
                );
            }
        }

        kinds.Values.Should().BeEmpty();
    }

    /// <summary>A failure by what it is and where it comes from.</summary>
    public static string KindOf(Exception e) =>
        $"{e.GetType().Name} {string.Join(" < ", (e.StackTrace ?? "").Split('\n').Select(l => l.Trim()).Where(l => l.StartsWith("at PlatformLocal", StringComparison.Ordinal) || l.StartsWith("at EmbeddedKubernetes", StringComparison.Ordinal)).Take(3))} {(e.StackTrace ?? "").Split('\n')[0].Trim()}";
}
