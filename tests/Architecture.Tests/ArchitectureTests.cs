using System.Text.RegularExpressions;
using System.Xml.Linq;
using PlatformLocal.Testing;

namespace PlatformLocal.Architecture.Tests;

/// <summary>The rules of the house that the compiler does not know.</summary>
public sealed partial class ArchitectureTests
{
    // From the top of the house down: a project may refer to those after it, and to nothing before.
    private static readonly string[] s_house =
    [
        "Cli",
        "Server",
        "Platform",
        "Deployment",
        "Kubernetes",
        "Client",
        "Core",
    ];

    private static readonly string[] s_io =
    [
        "File.",
        "Directory.",
        "HttpClient",
        "Process.",
        "Console.",
        "System.IO",
        "System.Net",
    ];

    [Fact]
    public void The_core_does_no_io() =>
        Sources("src/PlatformLocal/Core")
            .SelectMany(s => s_io.Where(w => Mentions(s.Text, w)).Select(w => $"{s.File} mentions {w}"))
            .Should()
            .BeEmpty();

    [Fact]
    public void Projects_refer_down_the_house_only()
    {
        for (var i = 0; i < s_house.Length; i++)
        {
            References($"src/PlatformLocal/{s_house[i]}/{s_house[i]}.csproj")
                .Except(["EmbeddedKubernetes"])
                .Should()
                .BeSubsetOf(s_house[(i + 1)..], $"{s_house[i]} refers down");
        }
    }

    [Theory]
    [InlineData("src/EmbeddedKubernetes/EmbeddedKubernetes.csproj")]
    [InlineData("src/Pipelines/Pipelines.csproj")]
    [InlineData("src/PlatformLocal/Core/Core.csproj")]
    public void What_is_a_package_of_its_own_refers_to_nothing_of_ours(string project) =>
        References(project).Should().BeEmpty();

    [Fact]
    public void Nothing_below_refers_to_the_operations() =>
        Sources("src/PlatformLocal/Platform")
            .Where(s => !s.File.Contains("/Operations/") && s.Text.Contains("using PlatformLocal.Platform.Operations"))
            .Select(s => s.File)
            .Should()
            .BeEmpty();

    [Fact]
    public void Steps_know_nothing_of_what_they_are_used_for() =>
        Sources("src/PlatformLocal/Platform/Steps")
            .SelectMany(s => UsingOfOurs().Matches(s.Text).Select(m => m.Groups[1].Value))
            .Distinct()
            .Should()
            .BeSubsetOf(["Core", "Client", "Kubernetes.Files"]);

    [Theory]
    [InlineData("Core")]
    [InlineData("Client")]
    [InlineData("Deployment")]
    [InlineData("Kubernetes")]
    [InlineData("Platform")]
    [InlineData("Server")]
    [InlineData("Cli")]
    public void Folders_of_a_project_form_no_circle(string project)
    {
        var edges = FolderReferences($"PlatformLocal.{project}").ToList();

        CircleIn(edges).Should().BeNull();
    }

    [Fact]
    public void Folders_are_namespaces() =>
        new[] { "PlatformLocal", "EmbeddedKubernetes", "Pipelines" }
            .SelectMany(project => Sources($"src/{project}"))
            .Where(s => Namespace().Match(s.Text) is { Success: true } m && m.Groups[1].Value != NamespaceOf(s.File))
            .Select(s => s.File)
            .Should()
            .BeEmpty();

    /// <summary>Which folder of a project names a type of which other one: by the first folder below the project.</summary>
    private static IEnumerable<(string From, string To)> FolderReferences(string project)
    {
        var folder = "src/" + project.Replace('.', '/');
        return Sources(folder)
            .SelectMany(s =>
            {
                var from = RoomOf(NamespaceOf(s.File), project);
                return AnyUsing()
                    .Matches(s.Text)
                    .Select(m => m.Groups[1].Value)
                    .Where(u => u.StartsWith(project + ".", StringComparison.Ordinal))
                    .Select(u => (From: from, To: RoomOf(u, project)));
            })
            .Where(e => e.From != e.To && e.From.Length > 0)
            .Distinct();
    }

    private static string RoomOf(string ns, string project) =>
        ns.Length > project.Length ? ns[(project.Length + 1)..].Split('.')[0] : "";

    private static string? CircleIn(List<(string From, string To)> edges)
    {
        foreach (var start in edges.Select(e => e.From).Distinct())
        {
            var path = new List<string> { start };
            if (FindsBack(start, start, edges, path, []))
            {
                return string.Join(" → ", path);
            }
        }

        return null;
    }

    private static bool FindsBack(
        string at,
        string start,
        List<(string From, string To)> edges,
        List<string> path,
        HashSet<string> seen
    )
    {
        foreach (var (_, to) in edges.Where(e => e.From == at))
        {
            path.Add(to);
            if (to == start || (seen.Add(to) && FindsBack(to, start, edges, path, seen)))
            {
                return true;
            }

            path.RemoveAt(path.Count - 1);
        }

        return false;
    }

    private static IEnumerable<string> References(string project) =>
        XDocument
            .Load(Path.Combine(Repository.Root, project))
            .Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value));

    private static bool Mentions(string text, string word) => Regex.IsMatch(text, $@"(?<![\w.]){Regex.Escape(word)}");

    private static string NamespaceOf(string file) => Path.GetDirectoryName(file)!.Split("src/")[^1].Replace('/', '.');

    private static IEnumerable<(string File, string Text)> Sources(string folder) =>
        Directory
            .EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/") && !f.Contains("/bin/"))
            .Select(f => (f, File.ReadAllText(f)));

    [GeneratedRegex(@"^using PlatformLocal\.([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex UsingOfOurs();

    [GeneratedRegex(@"^using ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex AnyUsing();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
