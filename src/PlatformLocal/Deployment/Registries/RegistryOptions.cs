namespace PlatformLocal.Deployment.Registries;

/// <summary>How registries are talked to.</summary>
public sealed record RegistryOptions
{
    /// <summary>The environment variable that <see cref="Mirrors"/> is read from.</summary>
    internal const string MirrorsVariable = "PLATFORM_REGISTRY_MIRRORS";

    /// <summary>How often a request is repeated that a registry refused for now or that broke.</summary>
    /// <value>4 unless set.</value>
    public int Retries { get; init; } = 4;

    /// <summary>The wait before the first repetition; it doubles with each.</summary>
    /// <value>250 ms unless set.</value>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest <c>Retry-After</c> that is waited for; a registry that asks for more is an error.</summary>
    /// <value>30 seconds unless set.</value>
    public TimeSpan LongestRetryAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a registry may take to begin an answer.</summary>
    /// <value>20 seconds unless set.</value>
    public TimeSpan AnswerLimit { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How many tags are asked for at once; the registry may give fewer.</summary>
    /// <value>1000 unless set.</value>
    public int PageSize { get; init; } = 1000;

    /// <summary>
    /// Where registries are reached that are elsewhere than their names say, by host: in a cluster, <c>localhost</c> is
    /// not the machine that people push to.
    /// </summary>
    /// <value>What <c>PLATFORM_REGISTRY_MIRRORS</c> says, as <c>HOST=ADDRESS</c> joined by commas, unless set.</value>
    public IReadOnlyDictionary<string, Uri> Mirrors { get; init; } =
        ReadMirrors(System.Environment.GetEnvironmentVariable(MirrorsVariable) ?? "");

    /// <summary>The folder with a folder per host, in which <c>ca.crt</c> is a certificate authority to trust.</summary>
    /// <value><c>/etc/docker/certs.d</c> unless set, as Docker has it.</value>
    public string CertificatesFolder { get; init; } = "/etc/docker/certs.d";

    /// <summary>The folder with Docker's <c>config.json</c>.</summary>
    /// <value><c>DOCKER_CONFIG</c>, or <c>~/.docker</c>, unless set.</value>
    public string DockerFolder { get; init; } =
        System.Environment.GetEnvironmentVariable("DOCKER_CONFIG") is { Length: > 0 } folder
            ? folder
            : Path.Combine(System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile), ".docker");

    /// <summary>Where the API of a repository's registry is.</summary>
    internal Uri AddressOf(RepositoryName repository) =>
        Mirrors.GetValueOrDefault(repository.Host) ?? repository.Address;

    private static Dictionary<string, Uri> ReadMirrors(string text)
    {
        var mirrors = new Dictionary<string, Uri>(StringComparer.Ordinal);
        foreach (var mirror in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            mirrors[mirror.Split('=')[0]] =
                mirror.Split('=') is [_, var address] && Uri.TryCreate(address, UriKind.Absolute, out var found)
                    ? found
                    : throw new PlatformException(
                        FailureKind.InvalidInput,
                        $"{MirrorsVariable} has '{mirror}', which is no HOST=ADDRESS.",
                        "Write it as localhost:5001=http://registry:5000/."
                    );
        }

        return mirrors;
    }
}
