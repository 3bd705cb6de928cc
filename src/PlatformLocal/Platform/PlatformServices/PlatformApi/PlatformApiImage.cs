using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Kubernetes.Processes;

namespace PlatformLocal.Platform.PlatformServices.PlatformApi;

/// <summary>What the Platform API's image is made of.</summary>
public sealed record PlatformApiImageOptions
{
    /// <summary>The image to build on.</summary>
    /// <value>Microsoft's image with what .NET programs need, unless set.</value>
    public string BaseImage { get; init; } = DefaultBaseImage;

    /// <summary>The default of <see cref="BaseImage"/>.</summary>
    public const string DefaultBaseImage = "mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled";

    /// <summary>The source tree of the platform, with <c>src/PlatformLocal/Cli</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The registry that it is pushed to, such as <c>localhost:5001</c>.</summary>
    public required string Registry { get; init; }
}

/// <summary>
/// The image of <c>platformctl serve</c>, built from the source tree with the .NET SDK, without a Dockerfile or an engine,
/// and pushed to the local registry. Its tag says what it was built from: what is there already is not built again.
/// </summary>
/// <param name="programs">Runs <c>dotnet</c> and <c>docker</c>.</param>
/// <param name="time">The clock of waits.</param>
internal sealed partial class PlatformApiImage(ProgramRunner programs, TimeProvider time)
{
    // What errno says of a file that somebody else has locked, on Linux and on macOS.
    private const int LinuxWouldBlock = 11;
    private const int MacWouldBlock = 35;

    private static readonly TimeSpan s_lockPause = TimeSpan.FromMilliseconds(200);

    private const string Repository = "platform/platformctl";
    private const string LocalBase = "platform/base";

    /// <summary>Makes sure that the registry has the image.</summary>
    /// <param name="options">What it is made of.</param>
    /// <param name="report">Is told what is done just now.</param>
    /// <param name="cancellationToken">Stops the build.</param>
    /// <returns>The image's name.</returns>
    /// <exception cref="PlatformException">The SDK is missing, the base image cannot be had, or the registry is out of reach.</exception>
    public async Task<string> EnsureAsync(
        PlatformApiImageOptions options,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        var kubectl = FindKubectl();
        var tag = TagOf(options, kubectl);
        var image = $"{options.Registry}/{Repository}:{tag}";
        if (await IsThereAsync(options.Registry, tag, cancellationToken))
        {
            return image;
        }

        // Shared with the launcher 'platformctl', which compiled all of it before: the lock is its lock.
        var folder = Path.Combine(options.Source, ".build");
        var artifacts = $"--artifacts-path={Path.Combine(folder, "artifacts")}";
        await using var held = await HoldAsync(Path.Combine(folder, "lock"), report, cancellationToken);
        await OrphanedPrograms.StopAsync("dotnet", artifacts, cancellationToken);
        if (await IsThereAsync(options.Registry, tag, cancellationToken))
        {
            return image; // another run built it meanwhile
        }

        report($"Building the image {image} on {options.BaseImage} (once, up to a minute)");
        var local = await PushLocalBaseAsync(options, cancellationToken);
        var build = new ProgramCommand
        {
            Program = "dotnet",
            Arguments =
            [
                "publish",
                Path.Combine("src", "PlatformLocal", "Cli"),
                "--configuration=Release",
                $"--runtime=linux-{Architecture}",
                "--self-contained",
                artifacts,
                "--target:PublishContainer",
                "--verbosity=quiet",
                "--nologo",
                "-p:PublishReadyToRun=true",
                "-p:RunAnalyzers=false",
                $"-p:ContainerBaseImage={local ?? options.BaseImage}",
                $"-p:ContainerRegistry={options.Registry}",
                $"-p:ContainerRepository={Repository}",
                $"-p:ContainerImageTag={tag}",
                .. kubectl is null ? Array.Empty<string>() : [$"-p:KubectlProgram={kubectl}"],
            ],
            WorkingDirectory = options.Source,
            // Another build of the same tree must not be waited for, nor be answered by this one.
            Environment = new Dictionary<string, string?> { ["MSBUILDDISABLENODEREUSE"] = "1" },
            Timeout = TimeSpan.FromMinutes(10),
        };
        var result = await programs.RunAnyAsync(build, cancellationToken);
        return result.ExitCode == 0
            ? image
            : throw new PlatformException(
                $"The image of the Platform API could not be built on {options.BaseImage}: {FirstError(result)}",
                "See all of it with the command below, name another base image with --base-image or a finished image with "
                    + $"--platform-image, or serve from this machine with --platform-api on-host.\n({ShellCommand.Of("cd", options.Source)} && {build})"
            );
    }

    private async Task<FileStream> HoldAsync(string path, Action<string> report, CancellationToken cancellationToken)
    {
        var isTold = false;
        while (true)
        {
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (e.HResult is LinuxWouldBlock or MacWouldBlock)
            {
                if (!isTold)
                {
                    report($"Waiting for another build in {Path.GetDirectoryName(path)}");
                    isTold = true;
                }

                await Task.Delay(s_lockPause, time, cancellationToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new PlatformException(
                    $"The image of the Platform API is built in {Path.GetDirectoryName(path)}, which cannot be written: {e.Message}",
                    "Name a finished image with --platform-image, or serve from this machine with --platform-api on-host.",
                    e
                );
            }
        }
    }

    // The SDK tells a failure in many lines; the first names it, the others are where it came from.
    private static string FirstError(ProgramResult result) =>
        (result.Output + result.Error)
            .Split('\n')
            .Select(line => ErrorText().Match(line))
            .FirstOrDefault(m => m.Success && !m.Value.Contains("task failed unexpectedly", StringComparison.Ordinal))
            ?.Groups["text"]
            .Value
        ?? $"dotnet ended with exit code {result.ExitCode}.";

    [GeneratedRegex(@"error (\w+\s*: )?(?<text>.*?)(\s*\[[^\]]*proj\])?\s*$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ErrorText();

    private static string Architecture =>
        RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "x64";

    private async Task<bool> IsThereAsync(string host, string tag, CancellationToken cancellationToken)
    {
        using var registry = new RegistryClient(programs, time);
        try
        {
            await registry.GetDigestAsync(new RepositoryName(host, Repository), tag, cancellationToken);
            return true;
        }
        catch (PlatformException e) when (e.Kind == FailureKind.NotFound)
        {
            return false;
        }
    }

    // The SDK pulls from registries only: an image that just the engine has is handed over by way of ours.
    private async Task<string?> PushLocalBaseAsync(PlatformApiImageOptions options, CancellationToken cancellationToken)
    {
        var found = await programs.RunAnyAsync(
            new ProgramCommand { Program = "docker", Arguments = ["image", "inspect", options.BaseImage] },
            cancellationToken
        );
        if (found.ExitCode != 0)
        {
            return null;
        }

        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(options.BaseImage)))[..12];
        var local = $"{options.Registry}/{LocalBase}:{digest}";
        await DockerAsync(["tag", options.BaseImage, local], cancellationToken);
        await DockerAsync(["push", "--quiet", local], cancellationToken);
        await DockerAsync(["rmi", local], cancellationToken);
        return local;
    }

    private Task<ProgramResult> DockerAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        programs.RunAsync(new ProgramCommand { Program = "docker", Arguments = arguments }, cancellationToken);

    private static string TagOf(PlatformApiImageOptions options, string? kubectl)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(options.BaseImage);
        Add(Architecture);
        if (kubectl is not null)
        {
            Add($"{kubectl} {new FileInfo(kubectl).Length}");
        }

        foreach (var file in SourcesIn(options.Source))
        {
            Add(Path.GetRelativePath(options.Source, file));
            digest.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
        }

        return Convert.ToHexStringLower(digest.GetHashAndReset())[..16];

        void Add(string text) => digest.AppendData(Encoding.UTF8.GetBytes(text + "\n"));
    }

    private static IEnumerable<string> SourcesIn(string source)
    {
        var code = Path.Combine(source, "src");
        if (!File.Exists(Path.Combine(code, "PlatformLocal", "Cli", "Cli.csproj")))
        {
            throw new PlatformException(
                FailureKind.InvalidInput,
                $"{source} is no source tree of the platform: it has no src/PlatformLocal/Cli.",
                "Name a finished image with --platform-image, or serve from this machine with --platform-api on-host."
            );
        }

        return Directory
            .EnumerateFiles(code, "*", SearchOption.AllDirectories)
            .Where(f => !f.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .Concat(Directory.EnumerateFiles(source, "Directory.*.props"))
            .Concat(Directory.EnumerateFiles(Path.Combine(source, "kind"), "*.yaml"))
            .Order(StringComparer.Ordinal);
    }

    // Kustomizations are built with kubectl: one that runs in a Linux container of this architecture goes along.
    private static string? FindKubectl()
    {
        var machine = Architecture == "arm64" ? 0xB7 : 0x3E;
        return (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, "kubectl"))
            .FirstOrDefault(IsUsable);

        bool IsUsable(string path)
        {
            if (!File.Exists(path))
            {
                return false;
            }

            var header = new byte[20];
            using var file = File.OpenRead(path);
            return file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == header.Length
                && header.AsSpan(0, 4).SequenceEqual("\u007fELF"u8)
                && header[18] == machine;
        }
    }
}
