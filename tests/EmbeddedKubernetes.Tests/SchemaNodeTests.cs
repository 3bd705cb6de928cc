using EmbeddedKubernetes.Schemas;

namespace EmbeddedKubernetes.Tests;

/// <summary>Types that are read when somebody asks for them.</summary>
public sealed class SchemaNodeTests
{
    [Fact]
    public void A_type_that_several_threads_ask_for_first_has_its_fields_for_all_of_them()
    {
        for (var round = 0; round < 20_000; round++)
        {
            var type = new SchemaText("# shop/v1\nCart: owner:s total:i\n").Find("shop/v1", "Cart")!;

            Parallel.Invoke(() => type.HasField("owner"), () => type.HasField("owner"), () => type.HasField("owner"));

            type.Fields.Keys.Should().Equal("owner", "total");
        }
    }
}
