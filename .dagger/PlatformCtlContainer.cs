using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Pipelines.Queries;
using PlatformLocal.Client;

namespace PlatformPipelines;

/// <summary>
/// The program platformctl in a container. Its state is in a volume, so that the next call finds the platform again; the
/// Docker socket is a file that only containers of the engine can have, and so the operations run there.
/// </summary>
/// <param name="Dagger">The engine.</param>
/// <param name="Source">The platform's sources.</param>
/// <param name="Time">The clock.</param>
internal sealed partial record PlatformCtlContainer(DaggerClient Dagger, Directory Source, TimeProvider Time)
{
    private const string Project = "src/PlatformLocal/Cli";
    private const string KubectlVersion = "v1.34.1";

    public required string Platform { get; init; }

    /// <summary>The folder with <c>platform.yaml</c>; the examples when there is none.</summary>
    public Directory? Workspace { get; init; }

    public Socket? DockerSocket { get; init; }

    /// <summary>The files of the program.</summary>
    public static Directory Program(DaggerClient dagger, Directory source) =>
        new DotNetProject(dagger, source).Publish(Project, ["PublishReadyToRun=true"]);

    /// <summary>The image of the program.</summary>
    public static Container Image(DaggerClient dagger, Directory source) =>
        dagger
            .Container()
            .From("mcr.microsoft.com/dotnet/aspnet:10.0")
            .WithDirectory("/app", Program(dagger, source))
            .WithEntrypoint(["/app/platformctl"]);

    /// <summary>Runs an operation, each time anew.</summary>
    /// <param name="arguments">The operation's name and options.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The result as JSON.</returns>
    /// <exception cref="PipelineException">It failed: says why and what to do.</exception>
    public Task<string> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        RunAsync(arguments, stdin: null, cancellationToken);

    /// <summary>Runs an operation that needs a platform which runs: an embedded one ended with the call that made it.</summary>
    /// <param name="arguments">The operation's name and options.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The result as JSON.</returns>
    /// <exception cref="PipelineException">It failed, or there is no platform: says why and what to do.</exception>
    public Task<string> RunOnRunningAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        DockerSocket is not null
            ? RunAsync(arguments, cancellationToken)
            : OutputAsync(
                Ready()
                    .WithExec([
                        "sh",
                        "-c",
                        """
                        if [ -d "$PLATFORM_STATE/$PLATFORM_NAME" ]; then
                          /platform/platformctl create-local-platform >&2 || exit
                        fi
                        exec /platform/platformctl "$@"
                        """,
                        "platformctl",
                        .. arguments,
                        "--output",
                        "json",
                    ]),
                cancellationToken
            );

    /// <summary>Runs an operation on a claim.</summary>
    public Task<string> RunAsync(
        JsonObject claim,
        string operation,
        bool onlySpecified,
        bool devTags,
        CancellationToken cancellationToken
    )
    {
        string[] arguments =
        [
            operation,
            "--file",
            "-",
            .. onlySpecified ? ["--deploy-only-specified"] : Array.Empty<string>(),
            .. devTags ? ["--use-dev-tags"] : Array.Empty<string>(),
        ];
        return RunAsync(arguments, claim.ToJsonString(), cancellationToken);
    }

    private Task<string> RunAsync(
        IReadOnlyList<string> arguments,
        string? stdin,
        CancellationToken cancellationToken
    ) =>
        OutputAsync(
            Ready().WithExec(["/platform/platformctl", .. arguments, "--output", "json"], stdin: stdin),
            cancellationToken
        );

    // A failure of the program is the function's failure, in its words and with commands that exist here.
    private static async Task<string> OutputAsync(Container container, CancellationToken cancellationToken)
    {
        try
        {
            return await container.StdoutAsync(cancellationToken);
        }
        catch (ExecException e) when (ProblemIn(e.StandardOutput) is { } problem)
        {
            throw new PipelineException(
                problem.Detail ?? problem.Title,
                problem.NextStep is null ? null : PlatformFunction().Replace(problem.NextStep, "dagger call ")
            );
        }
    }

    private static ProblemDocument? ProblemIn(string output)
    {
        try
        {
            return JsonSerializer.Deserialize(output, PlatformJson.Default.ProblemDocument);
        }
        catch (JsonException)
        {
            return null; // ended by something else: then what it wrote says more
        }
    }

    [GeneratedRegex(
        @"platformctl (?=(create|destroy)-local-platform|platform-status)",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex PlatformFunction();

    /// <summary>An end-to-end run on a platform of its own, which nothing else sees.</summary>
    /// <param name="settings">The variables of <c>platformctl</c> that it is created with.</param>
    /// <returns>The logs.</returns>
    public Directory EndToEnd(IReadOnlyDictionary<string, string?> settings)
    {
        var container = (this with { Platform = "e2e-pipeline", Workspace = Source.Subdirectory(".dagger/end-to-end") })
            .Ready()
            .WithEnvVariable("PLATFORMCTL", "/platform/platformctl")
            .WithEnvVariable("PLATFORM_CLUSTER", DockerSocket is null ? "embedded" : "kind");
        foreach (var (name, value) in settings)
        {
            container = value is null ? container : container.WithEnvVariable(name, value);
        }

        return EndToEndRun.Run(container, ["sh", "/workspace/run.sh"], Time);
    }

    private Container Ready()
    {
        var container = Dagger
            .Container()
            .From("mcr.microsoft.com/dotnet/sdk:10.0")
            .WithFile(
                "/usr/local/bin/kubectl",
                Dagger.Http($"https://dl.k8s.io/release/{KubectlVersion}/bin/linux/amd64/kubectl"),
                493
            )
            .WithMountedDirectory("/platform", Program(Dagger, Source))
            .WithMountedDirectory("/workspace", Workspace ?? Source.Subdirectory("examples"))
            .WithMountedDirectory("/source", Source)
            .WithMountedCache("/state", Dagger.CacheVolume($"platform-{Platform}"), CacheSharing.Locked)
            .WithEnvVariable("PLATFORM_STATE", "/state")
            .WithEnvVariable("PLATFORM_NAME", Platform)
            .WithEnvVariable("PLATFORM_DEFAULT_WORKSPACE", "/workspace")
            .WithEnvVariable("PLATFORM_SOURCE", "/source")
            .WithEnvVariable("PLATFORMCTL_COMMAND", "platformctl");
        if (DockerSocket is null)
        {
            return container.WithoutCachedResults(Time);
        }

        var kind = new KindAccess(Dagger, DockerSocket);
        return kind.JoinNetwork(kind.AddTo(container), Time);
    }
}
