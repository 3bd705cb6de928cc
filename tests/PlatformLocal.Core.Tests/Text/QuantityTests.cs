using PlatformLocal.Core.Text;

namespace PlatformLocal.Core.Tests.Text;

public sealed class QuantityTests
{
    [Theory]
    [InlineData(0, "0 objects")]
    [InlineData(1, "1 object")]
    [InlineData(2, "2 objects")]
    public void One_is_not_several(int count, string words) => Quantity.Of(count, "object").Should().Be(words);

    [Fact]
    public void What_follows_the_number_goes_with_it()
    {
        Quantity.Of(1, "object is", "objects are").Should().Be("1 object is");
        Quantity.Of(7, "object is", "objects are").Should().Be("7 objects are");
    }
}
