using System.Security.Cryptography;

namespace EmbeddedKubernetes.Objects;

/// <summary>Suffixes for generated names, from an alphabet without vowels and look-alikes.</summary>
internal static class RandomName
{
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";

    public static string Suffix(int length) => RandomNumberGenerator.GetString(Alphabet, length);

    /// <summary>A suffix that is always the same for the same text.</summary>
    public static string HashOf(string text, int length = 10)
    {
        var hash = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text));
        return string.Create(
            length,
            hash,
            static (span, bytes) =>
            {
                for (var i = 0; i < span.Length; i++)
                {
                    span[i] = Alphabet[bytes[i] % Alphabet.Length];
                }
            }
        );
    }
}
