namespace PlatformLocal.Tests;

public sealed class ArchitectureTests
{
    [Fact]
    public void One_and_one_is_two() => (1 + 1).Should().Be(2);
}
