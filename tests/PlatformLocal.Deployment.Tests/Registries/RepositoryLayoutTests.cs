using PlatformLocal.Deployment.Registries;

namespace PlatformLocal.Deployment.Tests.Registries;

public sealed class RepositoryLayoutTests
{
    [Theory]
    [InlineData("user-repos/alice-local-repo/web", "alice")]
    [InlineData("user-repos/alice-local-repo/oci/web", "alice")]
    [InlineData("user-repos/alice/web", null)]
    [InlineData("docker-snapshots/web", null)]
    public void A_repository_is_a_user_s_or_nobody_s(string path, string? user) =>
        RepositoryLayout.UserOf(path).Should().Be(user);

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
