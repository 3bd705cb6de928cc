using Pipelines.Queries;

namespace Pipelines.Tests.Queries;

public sealed class EngineNamesTests
{
    [Theory]
    [InlineData("Build", "build")]
    [InlineData("BuildImageAsync", "buildImage")]
    [InlineData("Async", "async")]
    [InlineData("IPAddress", "ipAddress")]
    [InlineData("ID", "id")]
    public void Functions_are_called_in_camel_case_without_Async(string name, string expected) =>
        EngineNames.OfFunction(name).Should().Be(expected);

    [Theory]
    [InlineData("hello", "Hello")]
    [InlineData("ci-tools", "CiTools")]
    [InlineData("my_module", "MyModule")]
    public void A_module_is_the_class_of_its_name_in_pascal_case(string name, string expected) =>
        EngineNames.Pascal(name).Should().Be(expected);

    [Theory]
    [InlineData("VeryLoud", "VERY_LOUD")]
    [InlineData("Never", "NEVER")]
    public void Members_are_written_in_capitals(string name, string expected) =>
        EngineNames.Upper(name).Should().Be(expected);
}
