using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace PlatformLocal.Platform.PlatformServices.Secrets;

/// <summary>Where the value of a Secret's key comes from.</summary>
/// <param name="Make">Makes the value; finds those of other Secrets by their name and key.</param>
/// <param name="Uses">The Secrets whose values it is made of.</param>
internal sealed partial record SecretValue(
    Func<Func<string, string, string>, string> Make,
    params IReadOnlyList<string> Uses
)
{
    /// <summary>A value that is no secret, such as a user's name.</summary>
    public static SecretValue Text(string text) => new(_ => text);

    /// <summary>Random bytes, written as twice as many hexadecimal digits.</summary>
    public static SecretValue Hexadecimal(int bytes) => new(_ => RandomNumberGenerator.GetHexString(2 * bytes, true));

    /// <summary>Random bytes, written in base64.</summary>
    public static SecretValue Base64(int bytes) =>
        new(_ => Convert.ToBase64String(RandomNumberGenerator.GetBytes(bytes)));

    /// <summary>A text with the values of other Secrets in it, as <c>{secret/key}</c>.</summary>
    public static SecretValue Composed(string template) =>
        new(
            find => Reference().Replace(template, m => find(m.Groups["secret"].Value, m.Groups["key"].Value)),
            [.. Reference().Matches(template).Select(m => m.Groups["secret"].Value)]
        );

    [GeneratedRegex(@"\{(?<secret>[a-z0-9.-]+)/(?<key>[\w.-]+)\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Reference();
}
