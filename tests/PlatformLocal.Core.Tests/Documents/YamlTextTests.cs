using System.Text.Json;
using System.Text.Json.Nodes;
using PlatformLocal.Core.Documents;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Testing;

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
    [InlineData("y", "true")]
    [InlineData("N", "false")]
    [InlineData("1_000", "1000")]
    [InlineData("0X1F", "31")]
    [InlineData("-0644", "-420")]
    [InlineData("0888", "888")]
    [InlineData("0o14", "12")]
    [InlineData("+0b11", "3")]
    [InlineData("1e3", "1000")]
    [InlineData("5.", "5")]
    [InlineData("-.5", "-0.5")]
    [InlineData("1_000.5", "1000.5")]
    [InlineData("-0.0", "0")]
    [InlineData("0xFFFFFFFFFFFFFFFF", "1.8446744073709552E+19")]
    [InlineData("-9223372036854775808", "-9223372036854775808")]
    [InlineData("1e400", "\"1e400\"")]
    [InlineData("_1", "\"_1\"")]
    [InlineData("12:30", "\"12:30\"")]
    [InlineData("0x1p4", "\"0x1p4\"")]
    [InlineData("!!float 5", "5")]
    [InlineData("!!bool \"yes\"", "true")]
    [InlineData("!!binary aGk=", "\"hi\"")]
    [InlineData("!own 5", "\"5\"")]
    public void Scalars_of_an_older_YAML_are_read_as_kubectl_reads_them(string scalar, string json) =>
        YamlText.ParseAll($"a: {scalar}", "f.yaml")[0].Root.ToJsonString().Should().Be($$"""{"a":{{json}}}""");

    [Theory]
    [InlineData("80: a\n0644: b\nyes: c\nn: d\n1.10: e\n1_000: f\n\"1_0\": g", "80 420 true false 1.1 1000 1_0")]
    public void Keys_are_texts_as_kubectl_writes_them(string yaml, string keys) =>
        YamlText.ParseAll(yaml, "f.yaml")[0].Root.AsObject().Select(p => p.Key).Should().Equal(keys.Split(' '));

    [Fact]
    public void Keys_of_the_platforms_own_files_are_what_is_written() =>
        YamlText.ParseObject("{1.10: a, n: b}", "f.yaml").Select(p => p.Key).Should().Equal("1.10", "n");

    [Theory]
    [InlineData("a: .inf", "JSON does not have")]
    [InlineData("a: -.INF", "JSON does not have")]
    [InlineData("a: .NaN", "JSON does not have")]
    [InlineData("a: !!int x", "is no int")]
    [InlineData("~: a", "is no text")]
    [InlineData("1e30: a", "is no text")]
    public void What_kubectl_refuses_of_scalars_is_refused_with_its_line(string yaml, string told)
    {
        var act = () => YamlText.ParseAll(yaml, "f.yaml");

        act.Should().Throw<InvalidDocumentException>().WithMessage($"*f.yaml*line 1*{told}*");
    }

    /// <summary>kubectl itself, on scalars of the letters that types are told by.</summary>
    [Fact]
    public async Task Any_plain_scalar_is_what_kubectl_makes_of_it()
    {
        Assert.SkipUnless(Programs.Has("kubectl"), "kubectl is not on the PATH");
        var random = new Random(11);
        string[] pieces =
        [
            "0",
            "1",
            "7",
            "9",
            "12",
            ".",
            "_",
            "-",
            "+",
            "e",
            "E",
            "x",
            "o",
            "b",
            "0x",
            "0b",
            "y",
            "n",
            "a",
        ];
        var scalars = Enumerable
            .Range(0, 3000)
            .Select(_ =>
                string.Concat(Enumerable.Range(0, random.Next(1, 7)).Select(_ => random.GetItems(pieces, 1)[0]))
            )
            .Where(s => s.Trim('-').Length > 0)
            .Distinct()
            .ToList();
        var text =
            "apiVersion: a.b/v1\nkind: T\nmetadata: {name: t}\nspec:\n"
            + string.Concat(scalars.Select((s, i) => $"  k{i}: {s}\n"));
        var asked = await new ProgramRunner(TimeProvider.System).RunAsync(
            new ProgramCommand
            {
                Program = "kubectl",
                Arguments = ["label", "--local", "-f", "-", "x=y", "-o", "json"],
                StandardInput = text,
            },
            TestContext.Current.CancellationToken
        );
        var theirs = JsonNode.Parse(asked.Output)!["spec"]!;

        var ours = YamlText.ParseAll(text, "f.yaml")[0].Root["spec"]!;

        scalars
            .Where((_, i) => !Same(ours[$"k{i}"], theirs[$"k{i}"]))
            .Select(s =>
                $"{s}: {ours[$"k{scalars.IndexOf(s)}"]?.ToJsonString()}, and kubectl has {theirs[$"k{scalars.IndexOf(s)}"]?.ToJsonString()}"
            )
            .Should()
            .BeEmpty();
    }

    private static bool Same(JsonNode? ours, JsonNode? theirs) =>
        ours?.GetValueKind() == theirs?.GetValueKind()
        && (
            ours?.GetValueKind() == JsonValueKind.Number
                ? double.Parse(ours.ToJsonString()) == double.Parse(theirs!.ToJsonString())
                : ours?.ToJsonString() == theirs?.ToJsonString()
        );

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
