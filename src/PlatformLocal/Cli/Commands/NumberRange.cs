namespace PlatformLocal.Cli.Commands;

/// <summary>Holds numbers of options to a range, so that nothing behind them has to.</summary>
internal static class NumberRange
{
    /// <summary>The longest wait of a command in seconds: a day.</summary>
    public const int Day = 24 * 60 * 60;

    public static Option<int> Within(this Option<int> option, int least, int most)
    {
        option.CustomParser = result =>
        {
            var text = result.Tokens is [var token] ? token.Value : "";
            if (
                int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                && number >= least
                && number <= most
            )
            {
                return number;
            }

            result.AddError($"{option.Name} is a number from {least} to {most}, and not {text}.");
            return 0;
        };
        return option;
    }
}
