using System.Text.Json;
using PlatformLocal.Core;
using PlatformLocal.Core.Environments;
using PlatformLocal.Kubernetes.Files;

namespace PlatformLocal.Platform.State;

/// <summary>The folder that keeps everything of one platform: state, claims, secrets, token and log.</summary>
public sealed class StateFolder
{
    /// <summary>The state folder of a platform.</summary>
    /// <param name="root">The folder of all platforms.</param>
    /// <param name="platform">The platform's name.</param>
    /// <exception cref="PlatformException">The name is none.</exception>
    public StateFolder(string root, string platform)
    {
        if (Names.FaultOf(platform) is { } fault)
        {
            throw new PlatformException($"The name of the platform: {fault}.") { Kind = FailureKind.InvalidInput };
        }

        Platform = platform;
        Root = Path.GetFullPath(root);
        Folder = Path.Combine(Root, platform);
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

    /// <summary>What the serving process writes.</summary>
    public string Log => Path.Combine(Folder, "serve.log");

    /// <summary>Held by the serving process.</summary>
    public string Lock => Path.Combine(Folder, "serve.lock");

    /// <summary>The bearer token of the API.</summary>
    public string TokenFile => Path.Combine(Folder, "token");

    private string EndpointFile => Path.Combine(Folder, "endpoint.json");

    private string SettingsFile => Path.Combine(Folder, "platform.json");

    /// <summary>Makes the folder, for its owner only.</summary>
    public void Ensure() => PrivateFile.EnsureFolder(Folder);

    /// <summary>Where the serving process was reached last, or <see langword="null"/>.</summary>
    public EndpointDocument? ReadEndpoint() => Read(EndpointFile, StateJson.Default.EndpointDocument);

    /// <summary>Says where the serving process is reached.</summary>
    /// <param name="endpoint">Where.</param>
    public void WriteEndpoint(EndpointDocument endpoint) =>
        PrivateFile.Replace(
            EndpointFile,
            JsonSerializer.SerializeToUtf8Bytes(endpoint, StateJson.Default.EndpointDocument)
        );

    /// <summary>Forgets where the serving process was reached.</summary>
    public void DeleteEndpoint() => File.Delete(EndpointFile);

    /// <summary>What the platform was made with, or <see langword="null"/> when there is none.</summary>
    public PlatformSettings? ReadSettings() => Read(SettingsFile, StateJson.Default.PlatformSettings);

    /// <summary>Remembers what the platform is made with.</summary>
    /// <param name="settings">What.</param>
    public void WriteSettings(PlatformSettings settings)
    {
        Ensure();
        PrivateFile.Replace(
            SettingsFile,
            JsonSerializer.SerializeToUtf8Bytes(settings, StateJson.Default.PlatformSettings)
        );
    }

    /// <summary>The API's token, or <see langword="null"/>.</summary>
    public string? ReadToken() => File.Exists(TokenFile) ? File.ReadAllText(TokenFile).Trim() : null;

    /// <summary>The API's token; made up when there is none.</summary>
    public string EnsureToken()
    {
        if (ReadToken() is { Length: > 0 } token)
        {
            return token;
        }

        Ensure();
        var made = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
        PrivateFile.Replace(TokenFile, System.Text.Encoding.UTF8.GetBytes(made + "\n"));
        return made;
    }

    /// <summary>Writes the kubeconfig for the platform's cluster.</summary>
    /// <param name="text">The kubeconfig.</param>
    public void WriteKubeconfig(string text) =>
        PrivateFile.Replace(Kubeconfig, System.Text.Encoding.UTF8.GetBytes(text));

    private static T? Read<T>(string file, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllBytes(file), type) : null;
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            return null; // unreadable is as good as absent: it is written anew
        }
    }
}
