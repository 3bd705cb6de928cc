namespace PlatformLocal.Deployment.Secrets;

/// <summary>Keeps values that nobody else may read, by paths such as <c>environments/shop/rabbitmq/PASSWORD</c>.</summary>
public interface ISecretStore
{
    /// <summary>The value at a path, or <see langword="null"/>.</summary>
    /// <param name="path">The path.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The store cannot be read, or was tampered with.</exception>
    Task<string?> GetAsync(string path, CancellationToken cancellationToken);

    /// <summary>The value at a path; made up of 128 random bits as 32 hexadecimal characters, and kept, where there is none yet.</summary>
    /// <param name="path">The path.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The store cannot be read or written.</exception>
    Task<string> GetOrCreateAsync(string path, CancellationToken cancellationToken);

    /// <summary>Removes all values whose paths begin with a prefix.</summary>
    /// <param name="prefix">The prefix; ends with a slash.</param>
    /// <param name="cancellationToken">Stops the removal.</param>
    /// <exception cref="PlatformException">The store cannot be written.</exception>
    Task DeleteAsync(string prefix, CancellationToken cancellationToken);
}
