using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Clusters.Kind;

namespace PlatformLocal.Platform.Diagnostics;

/// <summary>What a cluster on Docker is going to ask of this machine.</summary>
public sealed record KindPreflightOptions
{
    /// <summary>The images that must be there or be pulled: each is asked for before anything is made.</summary>
    /// <value>None unless set.</value>
    public IReadOnlyList<string> Images { get; init; } = [];

    /// <summary>The ports on 127.0.0.1 that must be free.</summary>
    /// <value>None unless set.</value>
    public IReadOnlyList<int> Ports { get; init; } = [];

    /// <summary>The subnets of pods and services.</summary>
    /// <value>Those of kind unless set.</value>
    public IReadOnlyList<(string Purpose, IPNetwork Subnet)> Subnets { get; init; } =
    [("pods", IPNetwork.Parse("10.244.0.0/16")), ("services", IPNetwork.Parse("10.96.0.0/16"))];

    /// <summary>How long a registry may take to answer.</summary>
    /// <value>4 seconds unless set; all are asked at once.</value>
    public TimeSpan RegistryTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>The memory below which it will not work, in bytes.</summary>
    /// <value>2 GiB unless set; a warning comes below 1 GiB more.</value>
    public long LeastMemory { get; init; } = 2L * 1024 * 1024 * 1024;

    /// <summary>What the pods of the cluster and of the platform ask for, in thousandths of a processor.</summary>
    /// <value>Nothing unless set.</value>
    public int Cpu { get; init; }

    /// <summary>How many nodes share it; each has all processors of the machine.</summary>
    /// <value>1 unless set.</value>
    public int Nodes { get; init; } = 1;

    /// <summary>The free disk space below which it will not work, in bytes.</summary>
    /// <value>4 GiB unless set; a warning comes below twice of it.</value>
    public long LeastDisk { get; init; } = 4L * 1024 * 1024 * 1024;
}

/// <summary>Checks what a Kind cluster needs of a machine, before one is made. Changes nothing.</summary>
/// <param name="programs">Runs <c>docker</c> and <c>kind</c>.</param>
/// <param name="options">What is going to be asked; the defaults when <see langword="null"/>.</param>
public sealed partial class KindPreflight(ProgramRunner programs, KindPreflightOptions? options = null)
{
    /// <summary>What the names of checks of images begin with.</summary>
    internal const string ImagePrefix = "image ";

    private const long Gibibyte = 1024L * 1024 * 1024;

    private static readonly Version s_oldestDocker = new(20, 10);
    private static readonly Version s_oldestKind = new(0, 20);

    /// <summary>The limits of inotify below which the second cluster on a machine fails to start.</summary>
    internal static IReadOnlyList<(string Setting, long Least)> InotifyLimits { get; } =
    [("max_user_watches", 524_288), ("max_user_instances", 512)];

    private readonly KindPreflightOptions _options = options ?? new KindPreflightOptions();

    /// <summary>The folder of the kernel's settings.</summary>
    /// <value><c>/proc/sys</c> unless set.</value>
    internal string KernelSettings { get; init; } = "/proc/sys";

    /// <summary>The routes of this machine.</summary>
    /// <value><c>/proc/net/route</c> unless set.</value>
    internal string Routes { get; init; } = "/proc/net/route";

    /// <summary>The checks for the cluster that <c>create-local-platform</c> would make.</summary>
    /// <param name="programs">Runs <c>docker</c> and <c>kind</c>.</param>
    /// <param name="nodeImage">The node image; <see langword="null"/> for kind's own, which is not asked for.</param>
    /// <param name="needs">What goes onto the cluster.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    public static async Task<KindPreflight> ForAsync(
        ProgramRunner programs,
        string? nodeImage,
        KindPreflightOptions needs,
        CancellationToken cancellationToken
    )
    {
        var registry = new LocalRegistryOptions();
        bool isThere = await new LocalRegistry(programs, registry).ExistsAsync(cancellationToken);
        return new KindPreflight(
            programs,
            needs with
            {
                Images = [.. needs.Images, .. Given(nodeImage), .. Given(isThere ? null : registry.Image)],
                Ports = isThere ? needs.Ports : [.. needs.Ports, registry.Port],
            }
        );

        static string[] Given(string? image) => image is null ? [] : [image];
    }

    /// <summary>Does all checks.</summary>
    /// <param name="cancellationToken">Stops checking.</param>
    public async Task<DoctorReport> RunAsync(CancellationToken cancellationToken)
    {
        // Each asks a program: together they take as long as the slowest.
        var kind = CheckKindAsync(cancellationToken);
        var subnets = CheckSubnetsAsync(cancellationToken);
        var images = CheckImagesAsync(cancellationToken);
        var (engine, info) = await CheckEngineAsync(cancellationToken);
        await Task.WhenAll(kind, subnets, images);
        var checks = new List<CheckResult> { engine, await kind };
        if (info is not null)
        {
            checks.Add(CheckMemory(info));
            checks.Add(CheckProcessors(info));
            checks.Add(CheckDisk(info));
            checks.AddRange(await images);
            checks.Add(await subnets);
        }

        checks.AddRange(InotifyLimits.Select(l => CheckLimit(l.Setting, l.Least)));
        checks.AddRange(_options.Ports.Select(CheckPort));
        checks.Add(NetworkChecks.Proxy(Environment.GetEnvironmentVariable));
        checks.Add(NetworkChecks.Authorities(Environment.GetEnvironmentVariable));
        return new DoctorReport(checks);
    }

    private async Task<(CheckResult Check, JsonObject? Info)> CheckEngineAsync(CancellationToken cancellationToken)
    {
        const string name = "docker engine";
        const string link = "https://docs.docker.com/engine/install/";
        var (output, fault) = await AskAsync("docker", ["info", "--format", "{{json .}}"], cancellationToken);
        var info = Parse(output);
        // docker info ends well without an engine; it then says so in a field.
        if (info.Text("ServerVersion") is not { Length: > 0 } version)
        {
            string reason = info.Texts("ServerErrors").FirstOrDefault() ?? fault ?? "it says nothing of itself";
            return (
                new CheckResult(
                    name,
                    CheckStatus.Fail,
                    $"out of reach: {reason}",
                    ShellCommand.Of("sudo", "systemctl", "start", "docker"),
                    link
                ),
                null
            );
        }

        return (
            VersionIn(version) is { } number && number < s_oldestDocker
                ? new CheckResult(
                    name,
                    CheckStatus.Fail,
                    $"version {version} is too old; {s_oldestDocker} is the oldest that works",
                    "Update Docker.",
                    link
                )
                : new CheckResult(name, CheckStatus.Pass, $"version {version}"),
            info
        );
    }

    private async Task<CheckResult> CheckKindAsync(CancellationToken cancellationToken)
    {
        const string name = "kind";
        const string link = "https://kind.sigs.k8s.io/docs/user/quick-start/#installation";
        var (output, fault) = await AskAsync("kind", ["version"], cancellationToken);
        if (fault is not null)
        {
            return new CheckResult(name, CheckStatus.Fail, fault, "Install kind.", link);
        }

        return VersionIn(output) is { } number && number < s_oldestKind
            ? new CheckResult(
                name,
                CheckStatus.Warn,
                $"{output} is old; {s_oldestKind} is the oldest that is tested",
                "Update kind.",
                link
            )
            : new CheckResult(name, CheckStatus.Pass, output);
    }

    private CheckResult CheckMemory(JsonObject info) =>
        Compare(
            "memory",
            info.Number("MemTotal") ?? 0,
            _options.LeastMemory,
            _options.LeastMemory + Gibibyte,
            "the engine has",
            $"Give the machine, or Docker Desktop under Settings > Resources, more memory{FewerServices}."
        );

    private CheckResult CheckProcessors(JsonObject info)
    {
        const string name = "processors";
        const string fix = "Give the machine, or Docker Desktop under Settings > Resources, another processor";
        long count = info.Number("NCPU") ?? 0;
        string message = $"the engine has {count}";
        string asked =
            $"{message}; the pods of the cluster and of its platform services ask for {_options.Cpu / 1000.0:0.##}";
        return _options.Cpu > count * 1000 * _options.Nodes
                ? new CheckResult(
                    name,
                    CheckStatus.Fail,
                    $"{asked}, so that some would never start",
                    $"{fix}{FewerServices}."
                )
            : count < 2 ? new CheckResult(name, CheckStatus.Warn, $"{message}; a control plane wants 2", $"{fix}.")
            : new CheckResult(name, CheckStatus.Pass, _options.Cpu > 0 ? asked : message);
    }

    private string FewerServices =>
        _options.Cpu > 0 ? ", or choose fewer platform services: --profile small, or --services with some names" : "";

    private CheckResult CheckDisk(JsonObject info)
    {
        const string name = "docker disk";
        string? root = info.Text("DockerRootDir");
        if (!Directory.Exists(root))
        {
            return new CheckResult(name, CheckStatus.Pass, "the engine's disk cannot be seen from here");
        }

        long free = new DriveInfo(root).AvailableFreeSpace;
        return Compare(
            name,
            free,
            _options.LeastDisk,
            2 * _options.LeastDisk,
            $"{root} has free",
            ShellCommand.Of("docker", "system", "prune")
        );
    }

    private async Task<CheckResult[]> CheckImagesAsync(CancellationToken cancellationToken)
    {
        using var registries = new RegistryClient(
            programs,
            TimeProvider.System,
            ImageProbe.OptionsFor(_options.RegistryTimeout)
        );
        var probe = new ImageProbe(registries);
        return await Task.WhenAll(
            _options
                .Images.Distinct(StringComparer.Ordinal)
                .Select(image => CheckImageAsync(image, probe, cancellationToken))
        );
    }

    private async Task<CheckResult> CheckImageAsync(string image, ImageProbe probe, CancellationToken cancellationToken)
    {
        string name = $"{ImagePrefix}{image}";
        var (_, missing) = await AskAsync(
            "docker",
            ["image", "inspect", "--format", "{{.Id}}", image],
            cancellationToken
        );
        if (missing is null)
        {
            return new CheckResult(name, CheckStatus.Pass, "is on this machine");
        }

        var (status, message) = await probe.AskAsync(ImageName.Parse(image), cancellationToken);
        return new CheckResult(
            name,
            status,
            message,
            status == CheckStatus.Pass ? null : ShellCommand.Of("docker", "pull", image)
        );
    }

    private async Task<CheckResult> CheckSubnetsAsync(CancellationToken cancellationToken)
    {
        var (ids, _) = await AskAsync("docker", ["network", "ls", "--quiet"], cancellationToken);
        string[] networks = ids.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var (inspected, _) =
            networks.Length == 0
                ? ("", null)
                : await AskAsync("docker", ["network", "inspect", .. networks], cancellationToken);
        string routes = File.Exists(Routes) ? await File.ReadAllTextAsync(Routes, cancellationToken) : "";
        return NetworkChecks.Subnets(_options.Subnets, routes, inspected, DockerProgram.Network);
    }

    private CheckResult CheckLimit(string setting, long least)
    {
        string name = $"inotify {setting}";
        string file = Path.Combine(KernelSettings, "fs", "inotify", setting);
        if (
            !File.Exists(file)
            || !long.TryParse(File.ReadAllText(file), NumberStyles.AllowTrailingWhite, null, out long value)
        )
        {
            return new CheckResult(name, CheckStatus.Pass, "this machine has no such limit");
        }

        return value >= least
            ? new CheckResult(name, CheckStatus.Pass, $"{value}")
            : new CheckResult(
                name,
                CheckStatus.Warn,
                $"{value}; from the second cluster on, nodes may fail to start below {least}",
                ShellCommand.Of("sudo", "sysctl", $"fs.inotify.{setting}={least}"),
                "https://kind.sigs.k8s.io/docs/user/known-issues/#pod-errors-due-to-too-many-open-files"
            );
    }

    private static CheckResult CheckPort(int port)
    {
        string name = $"port {port}";
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return new CheckResult(name, CheckStatus.Pass, "is free");
        }
        catch (SocketException e)
        {
            return new CheckResult(
                name,
                CheckStatus.Fail,
                e.SocketErrorCode == SocketError.AddressAlreadyInUse ? "is taken" : $"cannot be used: {e.Message}",
                $"End what listens there. See it with: {ShellCommand.Of("ss", "-ltnp", $"sport = :{port}")}"
            );
        }
    }

    private static CheckResult Compare(
        string name,
        long value,
        long least,
        long comfortable,
        string subject,
        string fix
    )
    {
        string message = $"{subject} {value / (double)Gibibyte:0.#} GiB";
        string needed = $"{message}; at least {least / (double)Gibibyte:0.#} GiB of {name} are needed";
        return value < least ? new CheckResult(name, CheckStatus.Fail, needed, fix)
            : value < comfortable
                ? new CheckResult(
                    name,
                    CheckStatus.Warn,
                    $"{message}, enough for little more than the cluster itself",
                    fix
                )
            : new CheckResult(name, CheckStatus.Pass, $"{message} of {least / (double)Gibibyte:0.#} GiB needed");
    }

    private async Task<(string Output, string? Fault)> AskAsync(
        string program,
        string[] arguments,
        CancellationToken cancellationToken
    )
    {
        var (output, fault) = await programs.AskAsync(TimeSpan.FromSeconds(20), program, arguments, cancellationToken);
        return (output, fault is { LastLines: [.., var last] } ? last : fault?.Message);
    }

    private static JsonObject? Parse(string output)
    {
        try
        {
            return output.Length == 0 ? null : JsonNode.Parse(output) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The first version number in what a program says of itself.</summary>
    internal static Version? VersionIn(string text) =>
        VersionNumber().Match(text) is { Success: true } match ? Version.Parse(match.Value) : null;

    [GeneratedRegex(@"\d+\.\d+(\.\d+)?", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VersionNumber();
}
