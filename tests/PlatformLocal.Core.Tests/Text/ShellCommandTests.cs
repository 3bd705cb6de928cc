using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;
using PlatformLocal.Core.Text;

namespace PlatformLocal.Core.Tests.Text;

public sealed class ShellCommandTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "''")]
    [InlineData("/my state/x", "'/my state/x'")]
    [InlineData("it's", @"'it'\''s'")]
    [InlineData("$HOME", "'$HOME'")]
    [InlineData("a\"b`c`", "'a\"b`c`'")]
    [InlineData("~", "'~'")]
    [InlineData("-p:X=a/./b", "-p:X=a/./b")]
    [InlineData("größe", "'größe'")]
    public void A_word_is_quoted_where_a_shell_would_read_more_into_it(string word, string quoted) =>
        ShellCommand.Of(word).Should().Be(quoted);

    [Fact]
    public void A_shell_reads_exactly_the_words_that_were_put_in()
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "there is no POSIX shell");
        string[] words =
        [
            "a b",
            "",
            "it's",
            "$HOME",
            "`id`",
            "\"q\"",
            "back\\slash",
            "*",
            "~",
            "new\nline",
            "#no",
            "a;b&c|d>e",
            "!x",
            "ü",
        ];
        using var shell = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", ShellCommand.Of(["printf", "%s\\0", .. words])])
            {
                RedirectStandardOutput = true,
                UseShellExecute = false,
            }
        )!;
        var output = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();

        output.Split('\0')[..^1].Should().Equal(words);
        ShellCommand.Split(ShellCommand.Of(words)).Should().Equal(words);
    }

    [Fact]
    public void What_is_quoted_is_read_back()
    {
        var words =
            from length in Gen.Choose(0, 6)
            from letters in Gen.Elements("'", "\"", "\\", " ", "$", "a", "`", "\n", "é", "-").ArrayOf(length)
            select string.Concat(letters);

        Prop.ForAll(words.ArrayOf().ToArbitrary(), all => ShellCommand.Split(ShellCommand.Of(all))!.SequenceEqual(all))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));
    }

    [Fact]
    public void An_open_quote_is_no_command() => ShellCommand.Split("echo 'a").Should().BeNull();
}
