namespace PlatformLocal.Kubernetes.Configuration;

/// <summary>What kubectl reads from its configuration files: clusters, users, and contexts that join them.</summary>
/// <remarks>Rules: https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/</remarks>
public sealed class Kubeconfig
{
    private readonly Dictionary<string, KubeconfigEntry> _contexts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KubeconfigEntry> _clusters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KubeconfigEntry> _users = new(StringComparer.Ordinal);
    private readonly string _origin;

    private Kubeconfig(string origin) => _origin = origin;

    /// <summary>The context that is used when none is named.</summary>
    public string? CurrentContext { get; private set; }

    /// <summary>The names of all contexts, sorted.</summary>
    public IReadOnlyList<string> Contexts => [.. _contexts.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Reads one file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="PlatformException">It does not exist or is not a kubeconfig.</exception>
    public static Kubeconfig Load(string path)
    {
        if (!File.Exists(path))
        {
            throw Invalid($"The kubeconfig {path} does not exist.");
        }
        var config = new Kubeconfig(path);
        config.Merge(path);
        return config;
    }

    /// <summary>
    /// Reads what kubectl would read: the files that <c>KUBECONFIG</c> lists, the first that says something wins,
    /// or <c>~/.kube/config</c>.
    /// </summary>
    /// <param name="variable">The value of <c>KUBECONFIG</c>.</param>
    /// <returns>The configuration; without any context when no file exists.</returns>
    /// <exception cref="PlatformException">A file is not a kubeconfig.</exception>
    public static Kubeconfig LoadDefault(string? variable)
    {
        string[] paths = (variable ?? "").Split(
            Path.PathSeparator,
            StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries
        );
        if (paths.Length == 0)
        {
            paths =
            [
                Path.Combine(
                    Environment.GetFolderPath(
                        Environment.SpecialFolder.UserProfile,
                        Environment.SpecialFolderOption.DoNotVerify
                    ),
                    ".kube",
                    "config"
                ),
            ];
        }
        var config = new Kubeconfig(string.Join(Path.PathSeparator, paths));
        foreach (string path in paths.Distinct(StringComparer.Ordinal).Where(File.Exists))
        {
            config.Merge(path);
        }
        return config;
    }

    /// <summary>What it takes to talk to the cluster of a context.</summary>
    /// <param name="context">The context; <see langword="null"/> for the current one.</param>
    /// <exception cref="PlatformException">The context, or something it refers to, is missing or unusable.</exception>
    public ClusterConnection Connect(string? context = null)
    {
        string name =
            context
            ?? CurrentContext
            ?? throw Invalid(
                $"No context is chosen in {_origin}.",
                _contexts.Count == 0
                    ? "Create a cluster, or set KUBECONFIG to its file."
                    : $"Name one of: {List(_contexts)}."
            );
        KubeconfigEntry entry = Find(_contexts, "context", name);
        string clusterName = entry.Required("cluster");
        KubeconfigEntry cluster = Find(_clusters, "cluster", clusterName, $" that context '{name}' refers to");
        KubeconfigEntry? user = entry.Text("user") is { } userName
            ? Find(_users, "user", userName, $" that context '{name}' refers to")
            : null;
        string server = cluster.Required("server");
        if (!Uri.TryCreate(server, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"))
        {
            throw Invalid(
                $"Cluster '{clusterName}' in {cluster.File} has the server '{server}', which is not an http(s) address."
            );
        }
        return new ClusterConnection
        {
            Server = address,
            Context = name,
            Namespace = entry.Text("namespace"),
            CertificateAuthority = cluster.Pem("certificate-authority"),
            InsecureSkipTlsVerify = cluster.Flag("insecure-skip-tls-verify"),
            TlsServerName = cluster.Text("tls-server-name"),
            Proxy = ProxyOf(cluster),
            Credentials = user is null ? new ClusterCredentials() : CredentialsOf(user, cluster),
        };
    }

    private static Uri? ProxyOf(KubeconfigEntry cluster)
    {
        if (cluster.Text("proxy-url") is not { } text)
        {
            return null;
        }
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? proxy) && proxy.Scheme is "http" or "https" or "socks5"
            ? proxy
            : throw Invalid(
                $"proxy-url of cluster '{cluster.Name}' in {cluster.File} must be an http, https or socks5 address."
            );
    }

    private static ClusterCredentials CredentialsOf(KubeconfigEntry user, KubeconfigEntry cluster)
    {
        if (user.Child("auth-provider") is not null)
        {
            throw Invalid(
                $"User '{user.Name}' in {user.File} uses auth-provider, which Kubernetes has removed.",
                "Replace it with an exec plugin of your cloud or identity provider."
            );
        }
        return new ClusterCredentials
        {
            Token = user.Text("token"),
            // As in kubectl, a token in the file itself comes second to the file it names.
            TokenFile = user.PathOf("tokenFile"),
            Username = user.Text("username"),
            Password = user.Text("password"),
            ClientCertificate = user.Pem("client-certificate"),
            ClientKey = user.Pem("client-key"),
            Exec = user.Child("exec") is { } exec ? KubeconfigExec.Read(exec, cluster) : null,
            Impersonate = user.Text("as"),
            ImpersonateGroups = user.Texts("as-groups"),
        };
    }

    private void Merge(string path)
    {
        KubeconfigFile file = KubeconfigFile.Read(path);
        CurrentContext ??= file.CurrentContext;
        Add(_contexts, file.Entries("contexts", "context"));
        Add(_clusters, file.Entries("clusters", "cluster"));
        Add(_users, file.Entries("users", "user"));

        static void Add(Dictionary<string, KubeconfigEntry> known, IEnumerable<KubeconfigEntry> entries)
        {
            foreach (KubeconfigEntry entry in entries)
            {
                known.TryAdd(entry.Name, entry);
            }
        }
    }

    private KubeconfigEntry Find(
        Dictionary<string, KubeconfigEntry> known,
        string what,
        string name,
        string suffix = ""
    ) =>
        known.TryGetValue(name, out KubeconfigEntry? entry)
            ? entry
            : throw Invalid(
                $"There is no {what} '{name}'{suffix} in {_origin}.",
                known.Count == 0 ? $"It has no {what}s at all." : $"Known are: {List(known)}."
            );

    private static string List(Dictionary<string, KubeconfigEntry> known) =>
        string.Join(", ", known.Keys.Order(StringComparer.Ordinal));

    internal static PlatformException Invalid(string message, string? nextStep = null, Exception? inner = null) =>
        new(FailureKind.InvalidInput, message, nextStep, inner);
}
