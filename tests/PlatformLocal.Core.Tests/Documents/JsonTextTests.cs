using System.Text.Json;
using System.Text.Json.Serialization;
using PlatformLocal.Core.Documents;

namespace PlatformLocal.Core.Tests.Documents;

public sealed class JsonTextTests
{
    [Theory]
    [InlineData("{\n  \"a\": tru }", "line 2, column 11")]
    [InlineData("{\n  \"a\": 1,\n}", "line 3, column 1: a comma stands before the closing }")]
    [InlineData("{\"a\":{\"b\":1}", "line 1, column 13: the text ends before its objects and lists do")]
    [InlineData("{\"a\":1,\"a\":2}", "uplicate")]
    [InlineData("", "line 1, column 1: the text is empty")]
    [InlineData(" \n", "the text is empty")]
    [InlineData("[1]", "is a list")]
    [InlineData("3", "single value")]
    public void What_is_no_json_object_is_refused_with_the_place(string text, string told)
    {
        var act = () => JsonText.ParseObject(text, "claim.json");

        act.Should().Throw<InvalidDocumentException>().Which.Message.Should().Contain("claim.json").And.Contain(told);
    }

    [Theory]
    [InlineData("""{"user": "a\ud800b"}""")]
    [InlineData("""{"\uDC00": 1}""")]
    public void Half_a_character_is_refused_with_its_place(string text)
    {
        var act = () => JsonText.ParseObject(text, "the claim");

        act.Should().Throw<InvalidDocumentException>().WithMessage("*line 1, column *half a character*");
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused()
    {
        byte[] bytes = [(byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}'];

        var act = () => JsonText.ParseObject(bytes, "the claim");

        act.Should().Throw<InvalidDocumentException>().WithMessage("*not UTF-8*");
    }

    [Fact]
    public void Whole_characters_may_be_escaped() =>
        JsonText.ParseObject("""{"a": "\ud83d\ude00"}""", "the claim")["a"]!.GetValue<string>().Should().Be("😀");

    [Fact]
    public void More_than_a_mebibyte_is_refused()
    {
        var act = () => JsonText.ParseObject($$"""{"a":"{{new string('x', JsonText.MaximumBytes)}}"}""", "claim.json");

        act.Should().Throw<InvalidDocumentException>().Which.Message.Should().Contain("1 MiB");
    }

    [Fact]
    public void Nesting_deeper_than_32_is_refused()
    {
        var text = string.Concat(Enumerable.Repeat("{\"a\":", 40)) + "1" + new string('}', 40);

        var act = () => JsonText.ParseObject(text, "claim.json");

        act.Should().Throw<InvalidDocumentException>().Which.Message.Should().Contain("deeper than 32");
    }

    [Fact]
    public void A_byte_order_mark_is_fine() =>
        JsonText.ParseObject("\uFEFF{\"a\":1}", "claim.json").Should().ContainKey("a");

    [Theory]
    [InlineData("[]", ": it is of the wrong kind")]
    [InlineData("{\"a\": 1}", ": the value of a is of the wrong kind")]
    [InlineData("{\"\": 1}", ": the value of '' is of the wrong kind")]
    public void A_value_of_the_wrong_kind_is_named_where_it_has_a_name(string text, string told)
    {
        Action read = () => JsonSerializer.Deserialize(text, TextsJson.Default.DictionaryStringString);

        JsonText.FaultOf(read.Should().Throw<JsonException>().Which).Should().EndWith(told);
    }
}

[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class TextsJson : JsonSerializerContext;
