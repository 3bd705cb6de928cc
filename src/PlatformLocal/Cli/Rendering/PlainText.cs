using Spectre.Console;
using Spectre.Console.Rendering;

namespace PlatformLocal.Cli.Rendering;

/// <summary>
/// The door that all text for people goes through: what claims, clusters and programs say must not command the terminal.
/// </summary>
internal static class PlainText
{
    /// <summary>The text with every control character but line ends and tabs written out.</summary>
    public static string Of(string text) =>
        text.Any(IsCommand)
            ? string.Concat(
                text.Select(c => IsCommand(c) ? string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : $"{c}")
            )
            : text;

    /// <summary>The same for whatever a console renders; the console's own colours stay.</summary>
    public static IRenderHook Hook { get; } = new Door();

    // Marks that turn the direction of writing around hide what stands there as well.
    private static bool IsCommand(char c) =>
        (char.IsControl(c) && c is not ('\n' or '\t'))
        || c is (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');

    private sealed class Door : IRenderHook
    {
        public IEnumerable<IRenderable> Process(RenderOptions options, IEnumerable<IRenderable> renderables) =>
            renderables.Select(r => new Escaped(r));
    }

    private sealed class Escaped(IRenderable inner) : IRenderable
    {
        public Measurement Measure(RenderOptions options, int maxWidth) => inner.Measure(options, maxWidth);

        public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) =>
            inner
                .Render(options, maxWidth)
                .Select(s =>
                    s.IsControlCode || s.IsLineBreak || !s.Text.Any(IsCommand) ? s : new Segment(Of(s.Text), s.Style)
                );
    }
}
