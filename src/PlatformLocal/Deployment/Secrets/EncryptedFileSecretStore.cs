namespace PlatformLocal.Deployment.Secrets;

/// <summary>
/// Keeps values that nobody else may read, by paths such as <c>environments/shop/rabbitmq/PASSWORD</c>: in one file,
/// encrypted with AES-256-GCM; the key is in a file beside it that only its owner may read. It guards copies and
/// backups of the file, not against somebody who can read both.
/// </summary>
public sealed class EncryptedFileSecretStore : IDisposable
{
    private const int NonceSize = 12;
    private const int TagSize = 16;

    private readonly string _file;
    private readonly string _keyFile;
    private readonly SemaphoreSlim _access = new(1, 1);

    /// <summary>A store in a folder.</summary>
    /// <param name="folder">The folder of <c>secrets.enc</c> and <c>secrets.key</c>; made when missing.</param>
    public EncryptedFileSecretStore(string folder)
    {
        _file = Path.Combine(folder, "secrets.enc");
        _keyFile = Path.Combine(folder, "secrets.key");
    }

    /// <summary>The value at a path, or <see langword="null"/>.</summary>
    /// <param name="path">The path.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The store cannot be read, or was tampered with.</exception>
    public Task<string?> GetAsync(string path, CancellationToken cancellationToken) =>
        Exclusively(() => (string?)Load()[path], cancellationToken);

    /// <summary>The value at a path; made up of 128 random bits as 32 hexadecimal characters, and kept, where there is none yet.</summary>
    /// <param name="path">The path.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The store cannot be read or written.</exception>
    public Task<string> GetOrCreateAsync(string path, CancellationToken cancellationToken) =>
        Exclusively(
            () =>
            {
                var values = Load();
                if ((string?)values[path] is { } known)
                {
                    return known;
                }

                var made = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
                values[path] = made;
                Save(values);
                return made;
            },
            cancellationToken
        );

    /// <summary>Removes all values whose paths begin with a prefix.</summary>
    /// <param name="prefix">The prefix; ends with a slash.</param>
    /// <param name="cancellationToken">Stops the removal.</param>
    /// <exception cref="PlatformException">The store cannot be written.</exception>
    public Task DeleteAsync(string prefix, CancellationToken cancellationToken) =>
        Exclusively(
            () =>
            {
                var values = Load();
                var doomed = values
                    .Select(v => v.Key)
                    .Where(k => k.StartsWith(prefix, StringComparison.Ordinal))
                    .ToList();
                doomed.ForEach(k => values.Remove(k));
                if (doomed.Count > 0)
                {
                    Save(values);
                }

                return doomed.Count;
            },
            cancellationToken
        );

    /// <inheritdoc/>
    public void Dispose() => _access.Dispose();

    private async Task<T> Exclusively<T>(Func<T> action, CancellationToken cancellationToken)
    {
        using var turn = await _access.TakeTurnAsync(cancellationToken);
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PlatformException(
                $"The secret store {_file} cannot be used: {e.Message}",
                "Check the free space and the permissions of that folder.",
                e
            );
        }
    }

    private JsonObject Load()
    {
        if (!PrivateFile.Exists(_file))
        {
            return [];
        }

        var sealedBytes = File.ReadAllBytes(_file).AsSpan();
        try
        {
            var plain = new byte[sealedBytes.Length - NonceSize - TagSize];
            using var aes = new AesGcm(Key(), TagSize);
            aes.Decrypt(
                sealedBytes[..NonceSize],
                sealedBytes[(NonceSize + TagSize)..],
                sealedBytes.Slice(NonceSize, TagSize),
                plain
            );
            return JsonNode.Parse(plain)!.AsObject();
        }
        catch (Exception e) when (e is CryptographicException or OverflowException or JsonException)
        {
            throw new PlatformException(
                $"The secret store {_file} does not open with the key {_keyFile}: one of the two was changed.",
                "Put both files back from the same backup, or remove both to begin anew: environments then get new secrets.",
                e
            );
        }
    }

    private void Save(JsonObject values)
    {
        var plain = Encoding.UTF8.GetBytes(values.ToJsonString());
        var content = new byte[NonceSize + TagSize + plain.Length];
        var nonce = content.AsSpan(0, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(Key(), TagSize);
        aes.Encrypt(nonce, plain, content.AsSpan(NonceSize + TagSize), content.AsSpan(NonceSize, TagSize));
        PrivateFile.Replace(_file, content);
    }

    private byte[] Key()
    {
        if (!PrivateFile.Exists(_keyFile))
        {
            PrivateFile.EnsureFolder(Path.GetDirectoryName(_keyFile)!);
            PrivateFile.Replace(_keyFile, RandomNumberGenerator.GetBytes(32));
        }

        return File.ReadAllBytes(_keyFile);
    }
}
