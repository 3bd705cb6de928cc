using PlatformLocal.Registries;

namespace PlatformLocal.Tests.Registries;

public sealed class RepositoryLayoutTests
{
    [Theory]
    [InlineData("docker-releases/web", true)]
    [InlineData("docker-snapshots/web", true)]
    [InlineData("user-repos/alice-local-repo/web", true)]
    [InlineData("docker-snapshots/web2", false)]
    [InlineData("user-repos/alice-local-repo/web2", false)]
    [InlineData("user-repos/alice-local-repo/oci/web", false)]
    [InlineData("user-repos/-local-repo/web", false)]
    [InlineData("oci-releases/web", false)]
    public void A_repository_has_versions_of_an_image_or_not(string path, bool expected) =>
        RepositoryLayout.IsOfImage(path, "docker-releases/web").Should().Be(expected);

    [Theory]
    [InlineData("oci-releases/web", true)]
    [InlineData("oci-snapshots/web", true)]
    [InlineData("user-repos/alice-local-repo/oci/web", true)]
    [InlineData("user-repos/alice-local-repo/web", false)]
    [InlineData("oci-releases/web-ansible", false)]
    public void A_repository_has_artifacts_of_a_service_or_not(string path, bool expected) =>
        RepositoryLayout.IsOfArtifacts(path, "web").Should().Be(expected);

    [Theory]
    [InlineData("docker-releases/web", "Alice", "user-repos/alice-local-repo/web")]
    [InlineData(
        "registry.example.org/docker-releases/team/web",
        "al",
        "registry.example.org/user-repos/al-local-repo/team/web"
    )]
    [InlineData("postgres", "al", null)]
    [InlineData("my-docker-releases/web", "al", null)]
    [InlineData("docker-releases/web", "../oci-releases", null)]
    [InlineData("docker-releases/web", "a/b", null)]
    [InlineData("docker-releases/web", "a b", null)]
    public void A_user_has_a_repository_where_the_name_allows_one(string image, string user, string? expected) =>
        RepositoryLayout.OfUser(image, user).Should().Be(expected);
}
