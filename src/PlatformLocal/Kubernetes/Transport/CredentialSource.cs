using System.Security.Cryptography.X509Certificates;
using PlatformLocal.Kubernetes.Configuration;

namespace PlatformLocal.Kubernetes.Transport;

/// <summary>Knows the credential for the next request: fixed, from a file that rotates, or from an exec plugin.</summary>
/// <param name="connection">Where the credentials come from.</param>
/// <param name="timeProvider">Decides what has expired.</param>
internal sealed class CredentialSource(ClusterConnection connection, TimeProvider timeProvider) : IDisposable
{
    private static readonly TimeSpan s_fileLifetime = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ExecCredentialSource _exec = new(connection, timeProvider);
    private Credential? _current;
    private X509Certificate2? _certificate;

    /// <summary>The certificate of the latest credential, for connections that are being made.</summary>
    public X509Certificate2? Certificate => _current?.Certificate;

    /// <summary>Whether a new credential can be had when the server does not accept this one.</summary>
    public bool IsRenewable => connection.Credentials is { Exec: not null } or { TokenFile: not null };

    public async ValueTask<Credential> GetAsync(CancellationToken cancellationToken)
    {
        Credential? current = _current;
        if (current is not null && current.ExpiresAt > timeProvider.GetUtcNow())
        {
            return current;
        }
        return await RenewAsync(current, cancellationToken);
    }

    /// <summary>Renews a credential, unless somebody did so meanwhile.</summary>
    /// <param name="used">The credential that is no longer accepted.</param>
    /// <param name="cancellationToken">Stops an exec plugin.</param>
    public async Task<Credential> RenewAsync(Credential? used, CancellationToken cancellationToken)
    {
        using IDisposable turn = await _gate.TakeTurnAsync(cancellationToken);
        if (_current is null || ReferenceEquals(_current, used))
        {
            _current = await ReadAsync(cancellationToken);
        }
        return _current;
    }

    // The certificate is left to the garbage collector: a handshake that nobody waits for any more may still use it, and
    // with a certificate that is disposed of it ends the process (https://github.com/dotnet/runtime/issues/124602).
    public void Dispose() => _gate.Dispose();

    private async Task<Credential> ReadAsync(CancellationToken cancellationToken)
    {
        ClusterCredentials credentials = connection.Credentials;
        if (credentials is { ClientCertificate: { } certificate, ClientKey: { } key })
        {
            _certificate ??= Credential.ReadCertificate(certificate, key);
        }
        // The order is kubectl's: a user's own token or password wins over its exec plugin.
        if (credentials.TokenFile is { } file)
        {
            return new Credential($"Bearer {ReadToken(file)}", _certificate, timeProvider.GetUtcNow() + s_fileLifetime);
        }
        if (credentials.Token is { } token)
        {
            return Fixed($"Bearer {token}");
        }
        if (credentials.Username is { } user)
        {
            byte[] pair = Encoding.UTF8.GetBytes($"{user}:{credentials.Password}");
            return Fixed($"Basic {Convert.ToBase64String(pair)}");
        }
        if (credentials.Exec is { } exec)
        {
            Credential given = await _exec.GetAsync(exec, cancellationToken);
            return given with { Certificate = given.Certificate ?? _certificate };
        }
        return Fixed(null);

        Credential Fixed(string? authorization) => new(authorization, _certificate, DateTimeOffset.MaxValue);
    }

    private static string ReadToken(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Kubeconfig.Invalid($"The token file {file} cannot be read: {fault.Message}", inner: fault);
        }
    }
}
