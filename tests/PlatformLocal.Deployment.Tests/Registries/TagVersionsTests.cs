using PlatformLocal.Deployment.Registries;

namespace PlatformLocal.Deployment.Tests.Registries;

public sealed class TagVersionsTests
{
    [Fact]
    public void An_underscore_in_a_tag_of_a_registry_is_the_plus_sign_of_a_version_and_back()
    {
        string[] tags = ["1.3.0_b.1", "latest", "1.3.0-rc.1_b", "v1.3.0_2", "main_1", "1.2.0"];

        var versions = TagVersions.InRegistry(tags).Select(v => v.Text).ToList();

        versions.Should().Equal("1.2.0", "1.3.0-rc.1+b", "v1.3.0+2", "1.3.0+b.1");
        versions.Select(TagVersions.TagOf).Should().Equal("1.2.0", "1.3.0-rc.1_b", "v1.3.0_2", "1.3.0_b.1");
    }

    [Fact]
    public void Tags_of_git_have_plus_signs_themselves()
    {
        TagVersions.In(["1.3.0+b.1", "1.3.0_b.1"]).Select(v => v.Text).Should().Equal("1.3.0+b.1");
    }
}
