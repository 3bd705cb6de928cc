using NJsonSchema;
using Pipelines.Tests.Testing;

namespace Pipelines.Tests.Modules;

/// <summary>The modules' configurations against the engine's own schema of them.</summary>
public sealed class DaggerJsonTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("dagger.json")]
    [InlineData(".dagger/sdk/dagger.json")]
    [InlineData("examples/pipelines/hello/dagger.json")]
    [InlineData("templates/dagger-module/dagger.json")]
    public async Task Configurations_are_valid(string file)
    {
        var schema = await SchemaAsync();

        schema.Validate(await TextAsync(file)).Should().BeEmpty();
    }

    [Fact]
    public async Task A_field_that_the_engine_does_not_know_is_found()
    {
        var schema = await SchemaAsync();
        var wrong = (await TextAsync("dagger.json")).Replace("\"include\"", "\"includes\"");

        schema.Validate(wrong).Should().NotBeEmpty();
    }

    [Fact]
    public async Task The_paths_in_configurations_are_there()
    {
        foreach (var file in new[] { "dagger.json", "examples/pipelines/hello/dagger.json" })
        {
            using var json = System.Text.Json.JsonDocument.Parse(await TextAsync(file));
            var folder = System.IO.Path.GetDirectoryName(SourceTree.PathOf(file))!;
            var sdk = json.RootElement.GetProperty("sdk").GetProperty("source").GetString()!;
            System.IO.File.Exists(System.IO.Path.Combine(folder, sdk, "main.dang")).Should().BeTrue(file);
        }
    }

    private static Task<string> TextAsync(string file) =>
        System.IO.File.ReadAllTextAsync(SourceTree.PathOf(file), Token);

    private static async Task<JsonSchema> SchemaAsync()
    {
        var file = ReferenceData.Find("dagger/dagger.schema.json");
        Assert.SkipWhen(
            file is null,
            "The engine's schema of dagger.json is missing: PLATFORM_TEST_DATA names no folder with it."
        );
        // This reader knows definitions by their older name.
        var text = (await System.IO.File.ReadAllTextAsync(file!, Token)).Replace("$defs", "definitions");
        return await JsonSchema.FromJsonAsync(text, Token);
    }
}
