namespace PlatformLocal.Kubernetes.Configuration;

/// <summary>All it takes to talk to a cluster.</summary>
public sealed record ClusterConnection
{
    /// <summary>The API server's address; may have a path when a proxy stands before it.</summary>
    public required Uri Server { get; init; }

    /// <summary>The context it was read from, for messages.</summary>
    public string? Context { get; init; }

    /// <summary>The namespace the context is set to.</summary>
    public string? Namespace { get; init; }

    /// <summary>The certificate authorities that sign the server's certificate, as PEM.</summary>
    /// <value>Those the machine trusts unless set.</value>
    public string? CertificateAuthority { get; init; }

    /// <summary>Accepts any server certificate: for experiments on one machine only.</summary>
    public bool InsecureSkipTlsVerify { get; init; }

    /// <summary>The name the server's certificate must have, when it is not the address.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>The proxy to go through.</summary>
    /// <value>What the environment says (<c>HTTPS_PROXY</c>, <c>NO_PROXY</c>) unless set; none for loopback addresses.</value>
    public Uri? Proxy { get; init; }

    /// <summary>Who we are.</summary>
    public ClusterCredentials Credentials { get; init; } = new();

    /// <summary>The context and the server.</summary>
    public override string ToString() => Context is null ? $"{Server}" : $"{Context} ({Server})";
}

/// <summary>Who we are towards a cluster. Never printed.</summary>
public sealed record ClusterCredentials
{
    /// <summary>A bearer token.</summary>
    public string? Token { get; init; }

    /// <summary>A file with a bearer token, read again every minute because it may be rotated.</summary>
    public string? TokenFile { get; init; }

    /// <summary>The name for basic authentication.</summary>
    public string? Username { get; init; }

    /// <summary>The password for basic authentication.</summary>
    public string? Password { get; init; }

    /// <summary>The client certificate, as PEM.</summary>
    public string? ClientCertificate { get; init; }

    /// <summary>The client certificate's key, as PEM.</summary>
    public string? ClientKey { get; init; }

    /// <summary>A program that hands out credentials.</summary>
    public ExecPlugin? Exec { get; init; }

    /// <summary>Who to act as.</summary>
    public string? Impersonate { get; init; }

    /// <summary>The groups to act as.</summary>
    public IReadOnlyList<string> ImpersonateGroups { get; init; } = [];

    /// <summary>Tells nothing.</summary>
    public override string ToString() => "***";
}

/// <summary>A program that hands out credentials, as <c>client.authentication.k8s.io</c> defines it.</summary>
public sealed record ExecPlugin
{
    /// <summary><c>client.authentication.k8s.io/v1</c> or <c>…/v1beta1</c>.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>The program.</summary>
    public required string Command { get; init; }

    /// <summary>Its arguments.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Its additional environment.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } =
        new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>What to do when the program is missing.</summary>
    public string? InstallHint { get; init; }

    /// <summary>Whether the program is told about the cluster.</summary>
    public bool ProvideClusterInfo { get; init; }

    /// <summary>The <c>config</c> of the cluster's extension of the same name, as JSON text, handed to the program.</summary>
    public string? ClusterConfig { get; init; }
}
