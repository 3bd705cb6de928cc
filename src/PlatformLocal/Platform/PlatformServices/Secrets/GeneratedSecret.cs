using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace PlatformLocal.Platform.PlatformServices.Secrets;

/// <summary>A Secret that is filled with made-up values when it is not there.</summary>
/// <param name="Name">Its name in <see cref="PlatformService.Namespace"/>.</param>
/// <param name="Values">Its keys, and where their values come from.</param>
public sealed record GeneratedSecret(string Name, IReadOnlyDictionary<string, SecretValue> Values)
{
    /// <summary>The Secrets whose values this one is made of.</summary>
    public IEnumerable<string> Uses =>
        Values.Values.OfType<ComposedSecretValue>().SelectMany(v => v.Uses).Select(u => u.Secret).Distinct();
}

/// <summary>Where the value of a Secret's key comes from.</summary>
public abstract record SecretValue
{
    private protected SecretValue() { }

    /// <summary>A value that is no secret, such as a user's name.</summary>
    /// <param name="text">The value.</param>
    public static SecretValue Text(string text) => new PlainSecretValue(text);

    /// <summary>Random bytes, written as hexadecimal digits.</summary>
    /// <param name="bytes">How many bytes; there are twice as many digits.</param>
    public static SecretValue Hexadecimal(int bytes) => new RandomSecretValue(bytes, Convert.ToHexStringLower);

    /// <summary>Random bytes, written in base64.</summary>
    /// <param name="bytes">How many bytes.</param>
    public static SecretValue Base64(int bytes) => new RandomSecretValue(bytes, b => Convert.ToBase64String(b));

    /// <summary>A text with the values of other Secrets in it.</summary>
    /// <param name="template">The text, with <c>{secret/key}</c> for a value.</param>
    public static SecretValue Composed(string template) => new ComposedSecretValue(template);

    /// <summary>The value.</summary>
    /// <param name="find">Finds the value of another Secret's key.</param>
    internal abstract string Make(Func<string, string, string> find);
}

internal sealed record PlainSecretValue(string Value) : SecretValue
{
    internal override string Make(Func<string, string, string> find) => Value;
}

internal sealed record RandomSecretValue(int Bytes, Func<byte[], string> Write) : SecretValue
{
    internal override string Make(Func<string, string, string> find) => Write(RandomNumberGenerator.GetBytes(Bytes));
}

internal sealed partial record ComposedSecretValue(string Template) : SecretValue
{
    internal IEnumerable<(string Secret, string Key)> Uses =>
        Reference().Matches(Template).Select(m => (m.Groups["secret"].Value, m.Groups["key"].Value));

    internal override string Make(Func<string, string, string> find) =>
        Reference().Replace(Template, m => find(m.Groups["secret"].Value, m.Groups["key"].Value));

    [GeneratedRegex(@"\{(?<secret>[a-z0-9.-]+)/(?<key>[\w.-]+)\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Reference();
}
