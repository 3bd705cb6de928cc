using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace EmbeddedKubernetes.Certificates;

/// <summary>The cluster's own authority and the certificate its server shows.</summary>
internal sealed record ServerCertificates(string AuthorityPem, X509Certificate2 Server)
{
    /// <summary>Makes both; nothing is kept.</summary>
    public static ServerCertificates Create(DateTimeOffset now)
    {
        using var authority = CertificateAuthority.Create(now);
        var (certificate, key) = authority.Issue(now);
        return new(authority.Pem, X509Certificate2.CreateFromPem(certificate, key));
    }

    /// <summary>
    /// Loads what the directory holds. What is missing or of no use is made anew and said, but for an authority that
    /// cannot be read: kubeconfigs that were copied trust it.
    /// </summary>
    /// <param name="directory">The state directory.</param>
    /// <param name="now">Certificates about to expire are replaced.</param>
    /// <param name="log">Is told what is made anew and why.</param>
    /// <exception cref="StateDirectoryException">The authority cannot be read, or a file cannot be written.</exception>
    public static ServerCertificates LoadOrCreate(string directory, DateTimeOffset now, ILogger log) =>
        new CertificateFolder(directory, log).LoadOrCreate(now);
}

/// <summary>The files of a cluster's authority and of its server.</summary>
internal sealed partial class CertificateFolder(string directory, ILogger log)
{
    private readonly string _authority = Path.Combine(directory, "ca.crt");
    private readonly string _authorityKey = Path.Combine(directory, "ca.key");
    private readonly string _server = Path.Combine(directory, "server.crt");
    private readonly string _serverKey = Path.Combine(directory, "server.key");

    public ServerCertificates LoadOrCreate(DateTimeOffset now)
    {
        var isNew = !Path.Exists(_authority) && !Path.Exists(_server);
        using var known = ReadAuthority();
        var why =
            known is null ? $"{_authority} is missing"
            : known.HoldsAt(now) ? null
            : $"{_authority} has expired or does not hold yet";
        if (known is not null && why is null)
        {
            if (TryReadServer(known, now, out var fault) is { } server)
            {
                return new(known.Pem, server);
            }
            if (known.HasKey)
            {
                LogServer(fault);
                return new(known.Pem, Issue(known, now));
            }
            why = $"{fault}, and {_authorityKey} cannot sign another one for {_authority}";
        }

        using var authority = CertificateAuthority.Create(now);
        // The key first: an authority without its key could not go on when this process is killed here.
        Write(_authorityKey, authority.ExportKey());
        Write(_authority, authority.Pem);
        var issued = Issue(authority, now);
        if (!isNew)
        {
            LogAuthority(why!);
        }
        return new(authority.Pem, issued);
    }

    private X509Certificate2 Issue(CertificateAuthority authority, DateTimeOffset now)
    {
        var (certificate, key) = authority.Issue(now);
        Write(_serverKey, key);
        Write(_server, certificate);
        return X509Certificate2.CreateFromPem(certificate, key);
    }

    /// <returns>The authority, with its key where that can be read and fits; <see langword="null"/> when there is none.</returns>
    private CertificateAuthority? ReadAuthority()
    {
        if (!Path.Exists(_authority))
        {
            return null;
        }
        try
        {
            var text = File.ReadAllText(_authority);
            try
            {
                return new(X509Certificate2.CreateFromPem(text, File.ReadAllText(_authorityKey)));
            }
            catch (Exception e) when (IsOfNoUse(e))
            {
                return new(X509Certificate2.CreateFromPem(text));
            }
        }
        catch (Exception e) when (IsOfNoUse(e))
        {
            throw new StateDirectoryException(
                $"The cluster's authority {_authority} cannot be read: {e.Message} Kubeconfigs that were copied trust it. "
                    + $"Put it back from the certificate-authority-data of one of them, or remove {_authority}: then another one is made, "
                    + "and the copies have to be taken anew.",
                e
            );
        }
    }

    private X509Certificate2? TryReadServer(CertificateAuthority authority, DateTimeOffset now, out string fault)
    {
        try
        {
            var server = X509Certificate2.CreateFromPem(File.ReadAllText(_server), File.ReadAllText(_serverKey));
            if (authority.Signed(server) && CertificateAuthority.Holds(server, now))
            {
                fault = "";
                return server;
            }
            fault = authority.Signed(server)
                ? $"{_server} has expired or does not hold yet"
                : $"{_server} was not signed by {_authority}";
            server.Dispose();
        }
        catch (FileNotFoundException e)
        {
            fault = $"{e.FileName} is missing";
        }
        catch (Exception e) when (IsOfNoUse(e))
        {
            fault = $"{_server} and {_serverKey} cannot be read or do not fit each other ({e.Message})";
        }
        return null;
    }

    private static void Write(string path, string text)
    {
        try
        {
            PrivateFile.Write(path, text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StateDirectory.Unusable(path, e);
        }
    }

    // A key that does not fit its certificate is an ArgumentException.
    private static bool IsOfNoUse(Exception e) =>
        e is IOException or CryptographicException or UnauthorizedAccessException or ArgumentException;

    [LoggerMessage(
        LogLevel.Warning,
        "{Why}: the certificate of the server was made anew. Kubeconfigs go on as they are"
    )]
    private partial void LogServer(string why);

    [LoggerMessage(
        LogLevel.Warning,
        "{Why}: the cluster's authority was made anew. Copies of its kubeconfig do not trust it and have to be taken anew"
    )]
    private partial void LogAuthority(string why);
}
