using PlatformLocal.Core.Environments;
using PlatformLocal.Kubernetes.Files;

namespace PlatformLocal.Platform.State;

/// <summary>The folder that keeps everything of one platform: state, claims, secrets, token and log.</summary>
public sealed class StateFolder
{
    /// <summary>The file, in the folder of a platform or of an environment's cluster, that remembers its Kind cluster.</summary>
    internal const string KindRecord = "kind-cluster.json";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    private readonly Action<string> _warn;

    /// <summary>The state folder of a platform.</summary>
    /// <param name="root">The folder of all platforms.</param>
    /// <param name="platform">The platform's name.</param>
    /// <param name="warn">Is told which damaged file was set aside; nobody is when <see langword="null"/>.</param>
    /// <exception cref="PlatformException">The name is none.</exception>
    public StateFolder(string root, string platform, Action<string>? warn = null)
    {
        if (Names.FaultOf(platform) is { } fault)
        {
            throw new PlatformException(FailureKind.InvalidInput, $"The name of the platform: {fault}.");
        }

        Platform = platform;
        Root = CanonicalPath.Of(root);
        Folder = Path.Combine(Root, platform);
        _warn = warn ?? (_ => { });
    }

    /// <summary>
    /// The folder of all platforms: <c>PLATFORM_STATE</c>, else <c>platform-local</c> under <c>XDG_STATE_HOME</c> or
    /// <c>~/.local/state</c>.
    /// </summary>
    public static string DefaultRoot =>
        Environment.GetEnvironmentVariable("PLATFORM_STATE") is { Length: > 0 } given ? given
        : Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } state
            ? Path.Combine(state, "platform-local")
        : Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
            ".local",
            "state",
            "platform-local"
        );

    /// <summary>The folder of all platforms.</summary>
    public string Root { get; }

    /// <summary>The platform's name.</summary>
    public string Platform { get; }

    /// <summary>The folder itself.</summary>
    public string Folder { get; }

    /// <summary>The folder of buckets.</summary>
    public string Buckets => Path.Combine(Folder, "buckets");

    /// <summary>Workspaces that were uploaded.</summary>
    public string Workspaces => Path.Combine(Folder, "workspaces");

    /// <summary>The folder with what was fetched from registries and git repositories.</summary>
    public string Sources => Path.Combine(Folder, "sources");

    /// <summary>A folder for every environment that has a cluster of its own.</summary>
    public string EnvironmentClusters => Path.Combine(Folder, "environment-clusters");

    /// <summary>The embedded cluster's state.</summary>
    public string Cluster => Path.Combine(Folder, "cluster");

    /// <summary>The secret store's files.</summary>
    public string Secrets => Path.Combine(Folder, "secrets");

    /// <summary>The kubeconfig for the platform's cluster.</summary>
    public string Kubeconfig => Path.Combine(Folder, "kubeconfig");

    /// <summary>The socket at which the serving process is reached by its own user, where the system has such sockets.</summary>
    public string Socket => Path.Combine(Folder, "api.sock");

    /// <summary>What the serving process writes.</summary>
    public string Log => Path.Combine(Folder, "serve.log");

    /// <summary>Held by the serving process.</summary>
    public string Lock => Path.Combine(Folder, "serve.lock");

    /// <summary>The bearer token of the API.</summary>
    public string TokenFile => Path.Combine(Folder, "token");

    private string EndpointFile => Path.Combine(Folder, "endpoint.json");

    private string SettingsFile => Path.Combine(Folder, "platform.json");

    /// <summary>Whether the folder is a platform's, or what is left of one: whether anything in it has one of the names above.</summary>
    public bool IsPlatforms =>
        Directory.Exists(Folder)
        && Files.Concat([Cluster, Buckets, Secrets, Sources, Workspaces, EnvironmentClusters]).Any(Path.Exists);

    private IReadOnlyList<string> Files =>
        [
            SettingsFile,
            EndpointFile,
            TokenFile,
            Kubeconfig,
            Socket,
            Log,
            Lock,
            FolderLock.HolderFile(Lock),
            Path.Combine(Folder, KindRecord),
        ];

    /// <summary>Takes the one lock under which the platform is changed: created, started, destroyed.</summary>
    /// <param name="work">The command that takes it.</param>
    /// <param name="report">Is told when somebody else is waited for.</param>
    /// <param name="time">The clock of the wait.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The lock, until it is disposed of.</returns>
    /// <exception cref="PlatformException">Another run is at work, and was not done in a moment.</exception>
    public Task<FolderLock> LockAsync(
        string work,
        Action<string> report,
        TimeProvider time,
        CancellationToken cancellationToken
    ) => LockAsync("", $"the platform '{Platform}'", work, report, time, cancellationToken);

    /// <summary>Who holds that lock just now, and so is at work on the platform; <see langword="null"/> when nobody does, or says so.</summary>
    public LockHolder? AtWork => FolderLock.IsHeld($"{Folder}.lock") ? FolderLock.HolderOf($"{Folder}.lock") : null;

    /// <summary>The same for the cluster that one environment has of its own.</summary>
    internal Task<FolderLock> LockEnvironmentAsync(
        string environment,
        string work,
        Action<string> report,
        TimeProvider time,
        CancellationToken cancellationToken
    ) => LockAsync($".{environment}", $"the cluster of {environment}", work, report, time, cancellationToken);

    /// <summary>The folder of the cluster that one environment has of its own.</summary>
    /// <param name="environment">The environment.</param>
    public string EnvironmentCluster(string environment) => Path.Combine(EnvironmentClusters, environment);

    private async Task<FolderLock> LockAsync(
        string part,
        string what,
        string work,
        Action<string> report,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var path = $"{Folder}{part}.lock";
        return await FolderLock.TryTakeAsync(
                path,
                work,
                s_patience,
                holder => report($"Waiting for another run that is at work on {what}: {Text(holder)}"),
                time,
                cancellationToken
            )
            ?? throw new PlatformException(
                FailureKind.Conflict,
                $"Another run is at work on {what}: {Text(FolderLock.HolderOf(path))}.",
                "Wait until it is done, or end it."
            );

        static string Text(LockHolder? holder) => holder?.ToString() ?? "a process that does not say who it is";
    }

    /// <summary>Refuses folders that everybody may write into, and warns of one that a group may.</summary>
    /// <exception cref="PlatformException">Somebody else could replace the token, the cluster's address or what is run.</exception>
    public void RequireOwn()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (var folder in new[] { Root, Folder }.Where(Directory.Exists))
        {
            var mode = File.GetUnixFileMode(folder);
            // In one like /tmp nobody can replace what is somebody else's.
            var isShared = folder == Root && mode.HasFlag(UnixFileMode.StickyBit);
            if (mode.HasFlag(UnixFileMode.OtherWrite) && !isShared)
            {
                throw new PlatformException(
                    FailureKind.NotAllowed,
                    $"Everybody on this machine can write into {folder}, and so decide what the platform does and is reached by.",
                    $"Take that away with: chmod go-w '{folder}'"
                );
            }

            if (mode.HasFlag(UnixFileMode.GroupWrite) && folder == Folder)
            {
                _warn($"The group of {folder} can write into it. Take that away with: chmod g-w '{folder}'");
            }
        }
    }

    /// <summary>Makes the folder, for its owner only.</summary>
    /// <exception cref="PlatformException">It cannot be made.</exception>
    public void Ensure()
    {
        try
        {
            PrivateFile.EnsureFolder(Folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PlatformException(
                $"The state folder {Folder} cannot be made: {e.Message}",
                "Make the folder above it writable, or choose another one with --state.",
                e
            );
        }
    }

    /// <summary>Puts the files of a platform in order that is about to start: secrets are taken from others than their owner, with a warning.</summary>
    /// <exception cref="PlatformException">A folder is in the place of a file, or a secret that others can read is somebody else's.</exception>
    public void PutInOrder()
    {
        foreach (var file in Files)
        {
            PrivateFile.RequireNoFolder(file);
        }

        SetSocketAside();
        SecretFiles.Tighten(this, _warn);
    }

    /// <summary>Renames what somebody put in the place of the socket, with a warning: the end of the listener removes what has its name.</summary>
    public void SetSocketAside() => SocketFile.SetAside(Socket, _warn);

    /// <summary>Where the serving process was reached last, or <see langword="null"/>; a damaged file is set aside.</summary>
    /// <exception cref="UnreadableStateException">It may not be read.</exception>
    public EndpointDocument? ReadEndpoint() =>
        StateFile.ReadOrSetAside(EndpointFile, StateJson.Default.EndpointDocument, _warn);

    /// <summary>Says where the serving process is reached.</summary>
    /// <param name="endpoint">Where.</param>
    public void WriteEndpoint(EndpointDocument endpoint) =>
        StateFile.Write(EndpointFile, endpoint, StateJson.Default.EndpointDocument);

    /// <summary>Forgets where the serving process was reached.</summary>
    public void DeleteEndpoint() => PrivateFile.Delete(EndpointFile);

    /// <summary>What the platform was made with, or <see langword="null"/> when there is none.</summary>
    /// <exception cref="UnreadableStateException">It cannot be read: then nothing may be made in its place.</exception>
    public PlatformSettings? ReadSettings()
    {
        string nextStep =
            "Put it right, by hand or from a copy, or remove the platform with: "
            + ShellCommand.Platformctl("destroy-local-platform");
        return StateFile.Read(SettingsFile, StateJson.Default.PlatformSettings, nextStep);
    }

    /// <summary>Remembers what the platform is made with.</summary>
    /// <param name="settings">What.</param>
    public void WriteSettings(PlatformSettings settings)
    {
        Ensure();
        StateFile.Write(SettingsFile, settings, StateJson.Default.PlatformSettings);
    }

    /// <summary>What this platform is made with: as it was made, or as is asked for when it is new.</summary>
    /// <param name="workspace">The workspace's folder; <see langword="null"/> for the one it was made with.</param>
    /// <param name="asked">The cluster that is asked for; <see langword="null"/> for any.</param>
    /// <exception cref="PlatformException">There is no workspace, or the platform was made with something else.</exception>
    public PlatformSettings Settle(string? workspace, PlatformSettings? asked = null)
    {
        var known = ReadSettings();
        var wanted = workspace is null ? known?.Workspace : CanonicalPath.Of(workspace);
        if (wanted is null)
        {
            throw new PlatformException(
                FailureKind.InvalidInput,
                "There is no workspace: neither here nor above is a platform.yaml.",
                "Name one with --workspace; the folder examples/ of the source code is one to copy."
            );
        }

        if (known is null)
        {
            return (asked ?? new PlatformSettings(ClusterKind.Embedded, wanted)) with { Workspace = wanted };
        }

        var difference =
            CanonicalPath.Of(known.Workspace) != CanonicalPath.Of(wanted)
                ? $"the workspace {known.Workspace}, not {wanted}"
            // Platform services can change with every run, and what Kind is given is compared by Kind; the rest cannot.
            : asked is not null
            && asked with
            {
                Workspace = known.Workspace,
                Services = known.Services,
                Delivery = known.Delivery,
                Kind = known.Kind,
            } != known
                ? $"the {known.Cluster} cluster it was made with, and another one is asked for"
            : null;
        return difference is null
            ? known with
            {
                Kind = asked?.Kind ?? known.Kind,
            }
            : throw new PlatformException(
                FailureKind.InvalidInput,
                $"The platform '{Platform}' has {difference}.",
                $"Use another platform beside it with --name, or remove this one with: {ShellCommand.Platformctl("destroy-local-platform")}"
            );
    }

    /// <summary>The API's token, or <see langword="null"/> when there is none.</summary>
    /// <exception cref="UnreadableStateException">It cannot be read, or is none.</exception>
    public string? ReadToken()
    {
        const string nextStep = "Put it right, or remove the file: the next start of the platform makes a new one.";
        if (StateFile.ReadBytes(TokenFile, nextStep) is not { } content)
        {
            return null;
        }

        var token = Encoding.UTF8.GetString(content).Trim();
        return token.Length > 0 && token.All(c => c is > ' ' and <= '~')
            ? token
            : throw new UnreadableStateException(TokenFile, "what it says is no token", nextStep);
    }

    /// <summary>The API's token; made up when there is none.</summary>
    /// <exception cref="UnreadableStateException">There is one and it cannot be read.</exception>
    public string EnsureToken()
    {
        if (ReadToken() is { } token)
        {
            return token;
        }

        Ensure();
        var made = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
        PrivateFile.Replace(TokenFile, Encoding.UTF8.GetBytes(made + "\n"));
        return made;
    }

    /// <summary>Writes the kubeconfig for the platform's cluster.</summary>
    /// <param name="text">The kubeconfig.</param>
    public void WriteKubeconfig(string text) => PrivateFile.Replace(Kubeconfig, Encoding.UTF8.GetBytes(text));
}
