using System.Reflection;

namespace EmbeddedKubernetes.Tests.Architecture;

public sealed class FolderTests
{
    private static string Sources =>
        Path.Combine(
            typeof(FolderTests)
                .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
                .Single(a => a.Key == "RepositoryRoot")
                .Value!,
            "src",
            "EmbeddedKubernetes"
        );

    [Fact]
    public void Folders_refer_to_each_other_in_no_circle()
    {
        var references = new FolderReferences(typeof(EmbeddedCluster).Assembly).WithUsings(Sources);
        references.Folders.Should().Contain("EmbeddedKubernetes").And.Contain("EmbeddedKubernetes.Api.Tables");
        references.FindCircle().Should().BeEmpty("a folder should be readable without those that use it");
    }

    [Fact]
    public void A_circle_is_found_with_the_types_that_make_it()
    {
        // High and Low were made to refer to each other.
        new FolderReferences(typeof(FolderTests).Assembly)
            .FindCircle()
            .Should()
            .Contain(step => step.Contains("Circle -> EmbeddedKubernetes.Tests.Architecture.Circle.Below"))
            .And.Contain(step => step.Contains("(Low uses High)"));
    }
}
