using PlatformLocal.Cli.Rendering;
using Spectre.Console;

namespace PlatformLocal.Cli.Tests;

public sealed class PlainTextTests
{
    private const string Hostile = "a\u001b[31mred\u0007 \u009b2J\r \u202eback";
    private const string Shown = @"a\u001b[31mred\u0007 \u009b2J\u000d \u202eback";

    [Fact]
    public void What_commands_a_terminal_is_written_out_and_everything_else_stays()
    {
        PlainText.Of(Hostile).Should().Be(Shown);
        PlainText.Of("ü → 😀\n\tx").Should().Be("ü → 😀\n\tx");
    }

    [Fact]
    public void A_console_writes_it_out_in_tables_and_keeps_its_own_colours()
    {
        using var written = new StringWriter();
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(written), Ansi = AnsiSupport.Yes }
        );
        console.Pipeline.Attach(PlainText.Hook);
        console.Profile.Width = 200;

        console.Write(new Table().AddColumn("user").AddRow(new Text("a\u001b[31mred\u0007", new Style(Color.Red))));

        written.ToString().Should().Contain(@"a\u001b[31mred\u0007").And.NotContain("\u0007").And.Contain("\u001b[");
    }
}
