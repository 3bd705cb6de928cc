using PlatformLocal.Deployment.Registries;

namespace PlatformLocal.Deployment.Tests.Registries;

public sealed class ImageNameTests
{
    [Theory]
    [InlineData("nginx", "docker.io", "library/nginx", "latest")]
    [InlineData("bitnami/redis:7", "docker.io", "bitnami/redis", "7")]
    [InlineData("localhost:5001/team/web:1.2", "localhost:5001", "team/web", "1.2")]
    [InlineData("docker.io/nginx", "docker.io", "library/nginx", "latest")]
    [InlineData("localhost/web", "localhost", "web", "latest")]
    [InlineData("ghcr.io/fluxcd/x@sha256:ab", "ghcr.io", "fluxcd/x", "sha256:ab")]
    [InlineData("ghcr.io/fluxcd/x:v1@sha256:ab", "ghcr.io", "fluxcd/x", "sha256:ab")]
    public void Names_are_read_as_docker_reads_them(string image, string host, string repository, string reference) =>
        ImageName.Parse(image).Should().Be(new ImageName(new RepositoryName(host, repository), reference));

    [Theory]
    [InlineData("shop/web:1.2.0", "shop/web:1.2.0")]
    [InlineData("ghcr.io/shop/web:1.2.0", "shop/web:1.2.0")]
    [InlineData("localhost:5001/web", "web")]
    public void The_host_of_a_registry_can_be_left_out(string image, string expected) =>
        ImageName.WithoutHost(image).Should().Be(expected);
}
