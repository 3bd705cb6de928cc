using PlatformLocal.Core.Documents;

namespace PlatformLocal.Core.Tests.Documents;

public sealed class YamlTextTests
{
    [Theory]
    [InlineData("a: 1", """{"a":1}""")]
    [InlineData("a: 0644", """{"a":420}""")]
    [InlineData("a: 0x1f", """{"a":31}""")]
    [InlineData("a: yes", """{"a":true}""")]
    [InlineData("a: \"yes\"", """{"a":"yes"}""")]
    [InlineData("a: ~", """{"a":null}""")]
    [InlineData("a:", """{"a":null}""")]
    [InlineData("a: 1.5", """{"a":1.5}""")]
    [InlineData("a: 1.2.3", """{"a":"1.2.3"}""")]
    [InlineData("a: 500m", """{"a":"500m"}""")]
    [InlineData("a: -7", """{"a":-7}""")]
    [InlineData("a: 2026-11-21", """{"a":"2026-11-21"}""")]
    [InlineData("a: 99999999999999999999", """{"a":1E+20}""")]
    [InlineData("a: .", """{"a":"."}""")]
    [InlineData("a: !!str 5", """{"a":"5"}""")]
    [InlineData("a: &x {b: 1}\nc: *x", """{"a":{"b":1},"c":{"b":1}}""")]
    [InlineData("a: &x {b: 1}\nc: {<<: *x, d: 2}", """{"a":{"b":1},"c":{"b":1,"d":2}}""")]
    [InlineData(
        "x: &x {b: 1}\ny: &y {b: 2, c: 3}\nz: {b: 0, <<: [*x, *y]}",
        """{"x":{"b":1},"y":{"b":2,"c":3},"z":{"b":0,"c":3}}"""
    )]
    [InlineData("a: &x\nb: *x", """{"a":null,"b":null}""")]
    [InlineData("a: &x [1]\nb: &x [2]\nc: *x", """{"a":[1],"b":[2],"c":[2]}""")]
    [InlineData("? a\n: b", """{"a":"b"}""")]
    [InlineData("{\"a\": \"yes\", \"b\": 1.50, \"c\": null}", """{"a":"yes","b":1.5,"c":null}""")]
    [InlineData("{a: yes, \"b\": 0644}", """{"a":true,"b":420}""")]
    [InlineData("{\"a\": 1} # said by hand", """{"a":1}""")]
    public void Scalars_are_read_as_Kubernetes_tools_read_them(string yaml, string json) =>
        YamlText.ParseObject(yaml, "f.yaml").ToJsonString().Should().Be(json);

    [Theory]
    [InlineData("a: [1, 2", "line 2")]
    [InlineData("a: 1\n  b: 2", "line 2")]
    [InlineData("a: 1\na: 2", "uplicate")]
    [InlineData("a: {b: 1, b: 1}", "uplicate")]
    [InlineData("{\"a\": 1, \"a\": 1}", "uplicate")]
    [InlineData("{\"a\": 1", "line 2")]
    [InlineData("a: &x {b: *x}", "anchor 'x'")]
    [InlineData("a: *y", "anchor 'y'")]
    [InlineData("---\na: &x 1\n---\na: *x", "line 4")]
    [InlineData("a: {<<: 1}", "'<<' needs a map")]
    [InlineData("{[a]: 1}", "a key must be a text")]
    [InlineData("a: }", "line 1")]
    [InlineData("a: \tb\n\tc: 1", "line 1")]
    public void What_is_no_yaml_is_refused_with_file_and_line(string yaml, string told)
    {
        var act = () => YamlText.ParseAll(yaml, "f.yaml");

        act.Should().Throw<InvalidDocumentException>().Which.Message.Should().Contain("f.yaml").And.Contain(told);
    }

    [Fact]
    public void Nested_aliases_do_not_exhaust_memory()
    {
        var bomb =
            "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
            + string.Concat(
                Enumerable
                    .Range(1, 9)
                    .Select(i => $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 9))}]\n")
            );

        var act = () => YamlText.ParseAll(bomb, "f.yaml");

        act.Should().Throw<InvalidDocumentException>().Which.Message.Should().Contain("repeat too much");
    }

    [Fact]
    public void Many_aliases_of_a_large_text_do_not_exhaust_memory()
    {
        var bomb =
            $"text: &t {new string('x', 1_000_000)}\n"
            + string.Concat(Enumerable.Range(0, 3_000).Select(i => $"a{i}: *t\n"));

        var act = () => YamlText.ParseAll(bomb, "f.yaml");

        act.Should().Throw<InvalidDocumentException>().Which.Message.Should().Contain("repeat too much");
    }

    [Theory]
    [InlineData("[a, b")]
    [InlineData("{a: b")]
    [InlineData("\"a")]
    [InlineData("!<> a")]
    public void What_is_broken_off_is_told_with_its_file(string text)
    {
        var act = () => YamlText.ParseAll(text, "f.yaml");

        act.Should().Throw<InvalidDocumentException>().Which.Message.Should().Contain("f.yaml");
    }

    [Fact]
    public void What_is_nested_fifty_thousand_times_is_refused()
    {
        foreach (var open in new[] { "[", "{a: ", "- " })
        {
            var act = () => YamlText.ParseAll(string.Concat(Enumerable.Repeat(open, 50_000)), "f.yaml");

            act.Should().Throw<InvalidDocumentException>();
        }
    }

    [Fact]
    public void What_is_nested_too_deeply_is_refused_by_aliases_as_well()
    {
        var plain = new string('[', 70) + new string(']', 70);
        var aliased =
            "a0: &a0 [x]\n" + string.Concat(Enumerable.Range(1, 80).Select(i => $"a{i}: &a{i} [*a{i - 1}]\n"));

        foreach (var text in new[] { plain, aliased })
        {
            var act = () => YamlText.ParseAll(text, "f.yaml");
            act.Should().Throw<InvalidDocumentException>().Which.Message.Should().Contain("nested too deeply");
        }
    }

    [Theory]
    [InlineData("a: 1\nall: {x: {b: 1}, y: ~}\nc: 2", """{"a":1,"all":{},"c":2}""", """x={"b":1} y=null""")]
    [InlineData("base: &b {x: 1, y: 2}\nall: {<<: *b, x: 3}", """{"base":{"x":1,"y":2},"all":{}}""", "x=3 y=2")]
    [InlineData("all: &all {x: 1}\nc: *all", """{"all":{"x":1},"c":{"x":1}}""", "")]
    [InlineData("all: [x]\nc: {all: {y: 1}}", """{"all":["x"],"c":{"all":{"y":1}}}""", "")]
    [InlineData("{\"all\": {\"x\": \"1.0\"}}", """{"all":{}}""", "x=\"1.0\"")]
    public void Entries_of_a_large_map_are_taken_out_as_they_come(string yaml, string left, string taken)
    {
        var entries = new List<string>();

        var rest = YamlText.ParseObject(
            yaml,
            "f.yaml",
            new EachEntry("all", (key, value) => entries.Add($"{key}={value?.ToJsonString() ?? "null"}"))
        );

        rest.ToJsonString().Should().Be(left);
        string.Join(' ', entries).Should().Be(taken);
    }

    [Theory]
    [InlineData("all:\n  x: 1\n  x: 2", "line 3")]
    [InlineData("all:\n  [x]: 1", "a key must be a text")]
    [InlineData("all:\n  x: [1", "line 3")]
    public void What_is_no_yaml_is_refused_within_a_large_map_as_well(string yaml, string told)
    {
        var act = () => YamlText.ParseObject(yaml + "\n", "f.yaml", new EachEntry("all", (_, _) => { }));

        act.Should().Throw<InvalidDocumentException>().Which.Message.Should().Contain(told);
    }

    [Fact]
    public void Documents_know_the_line_they_start_at() =>
        YamlText
            .ParseAll("---\na: 1\n---\n# nothing\n---\n\nb: 2\n", "f.yaml")
            .Select(d => d.Line)
            .Should()
            .Equal(2, 7);
}
