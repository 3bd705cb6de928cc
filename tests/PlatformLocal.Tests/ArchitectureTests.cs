using System.Text.RegularExpressions;
using PlatformLocal.Tests.Testing;

namespace PlatformLocal.Tests;

/// <summary>The rules of the house that the compiler does not know.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly string[] s_pure = ["Environments", "Versions", "Resolution"];

    private static readonly string[] s_io =
    [
        "File.",
        "Directory.",
        "HttpClient",
        "Process.",
        "Console.",
        "System.IO",
        "System.Net",
        "PlatformLocal.Processes",
        "PlatformLocal.Kubernetes",
    ];

    [Fact]
    public void Pure_folders_do_no_io() =>
        s_pure
            .SelectMany(folder => Sources($"src/PlatformLocal/{folder}"))
            .SelectMany(s => s_io.Where(w => Mentions(s.Text, w)).Select(w => $"{s.File} mentions {w}"))
            .Should()
            .BeEmpty();

    [Fact]
    public void Nothing_below_refers_to_the_operations() =>
        Sources("src/PlatformLocal")
            .Where(s => !s.File.Contains("/Operations/") && s.Text.Contains("PlatformLocal.Operations"))
            .Select(s => s.File)
            .Should()
            .BeEmpty();

    [Fact]
    public void Steps_know_nothing_of_what_they_are_used_for() =>
        Sources("src/PlatformLocal/Steps")
            .SelectMany(s => UsingOfOurs().Matches(s.Text).Select(m => m.Groups[1].Value))
            .Distinct()
            .Should()
            .BeSubsetOf(["Files"]);

    [Theory]
    [InlineData("EmbeddedKubernetes", "")]
    [InlineData("Pipelines", "")]
    [InlineData("PlatformLocal", "EmbeddedKubernetes")]
    [InlineData("PlatformLocal.Api", "PlatformLocal")]
    [InlineData("PlatformLocal.Cli", "PlatformLocal.Api")]
    public void Projects_refer_one_way(string project, string allowed)
    {
        var file = File.ReadAllText(Path.Combine(Repository.Root, "src", project, project + ".csproj"));

        ProjectReference()
            .Matches(file)
            .Select(m => m.Groups[1].Value)
            .Should()
            .BeEquivalentTo(allowed.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Pipelines_know_nothing_of_the_platform() =>
        Sources("src/Pipelines").Where(s => s.Text.Contains("PlatformLocal")).Select(s => s.File).Should().BeEmpty();

    [Fact]
    public void Folders_are_namespaces() =>
        new[] { "PlatformLocal", "PlatformLocal.Api", "PlatformLocal.Cli", "EmbeddedKubernetes", "Pipelines" }
            .SelectMany(project => Sources($"src/{project}"))
            .Where(s => Namespace().Match(s.Text) is { Success: true } m && m.Groups[1].Value != NamespaceOf(s.File))
            .Select(s => s.File)
            .Should()
            .BeEmpty();

    private static bool Mentions(string text, string word) => Regex.IsMatch(text, $@"(?<![\w.]){Regex.Escape(word)}");

    private static string NamespaceOf(string file) => Path.GetDirectoryName(file)!.Split("src/")[^1].Replace('/', '.');

    private static IEnumerable<(string File, string Text)> Sources(string folder) =>
        Directory
            .EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/") && !f.Contains("/bin/"))
            .Select(f => (f, File.ReadAllText(f)));

    [GeneratedRegex("""ProjectReference Include="\.\./([\w.]+)/""")]
    private static partial Regex ProjectReference();

    [GeneratedRegex(@"^using PlatformLocal\.([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex UsingOfOurs();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
