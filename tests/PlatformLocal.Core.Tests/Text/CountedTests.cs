using PlatformLocal.Core.Text;

namespace PlatformLocal.Core.Tests.Text;

public sealed class CountedTests
{
    [Theory]
    [InlineData(0, "0 objects")]
    [InlineData(1, "1 object")]
    [InlineData(2, "2 objects")]
    public void One_is_not_several(int count, string words) => Counted.Of(count, "object").Should().Be(words);

    [Theory]
    [InlineData("a", "finalizer a")]
    [InlineData("a b", "finalizers a, b")]
    public void One_that_is_named_is_not_several(string names, string words) =>
        Counted.Named(names.Split(' '), "finalizer").Should().Be(words);

    [Fact]
    public void What_follows_the_number_goes_with_it()
    {
        Counted.Of(1, "object is", "objects are").Should().Be("1 object is");
        Counted.Of(7, "object is", "objects are").Should().Be("7 objects are");
    }
}
