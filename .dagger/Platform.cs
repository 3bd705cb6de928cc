using PlatformLocal.Core.Environments;
using PlatformLocal.Deployment.ObjectStore;

namespace PlatformPipelines;

/// <summary>
/// The company's platform from pipelines: the operations of platformctl, and what builds, tests and publishes it.
/// With the host's Docker socket they work on Kind clusters; without one, on an embedded platform whose workloads are
/// simulated. Whoever has the socket has root on the host.
/// </summary>
/// <param name="source">The platform's sources.</param>
/// <param name="name">The platform; several can be side by side.</param>
/// <param name="workspace">The folder with platform.yaml; the platform's examples when left out.</param>
[DaggerObject]
public sealed class Platform(
    [DefaultPath("/")] [Argument(Ignore = ["**/bin", "**/obj", ".git", ".build"])] Directory source,
    string name = "local",
    Directory? workspace = null
)
{
    private Directory Source { get; init; } = source;

    private string Name { get; init; } = name;

    private Directory? Workspace { get; init; } = workspace;

    /// <summary>Creates the platform, or starts it again; a running one stays as it is.</summary>
    /// <param name="dagger">The engine.</param>
    /// <param name="time">The clock.</param>
    /// <param name="dockerSocket">The host's Docker socket: the platform gets a Kind cluster.</param>
    /// <param name="nodeImage">The Kind cluster's node image; kind's own when left out.</param>
    /// <param name="baseImage">What the Platform API's image is built on; one of Microsoft's when left out.</param>
    /// <param name="services">The platform services: default, none, or names with commas between.</param>
    /// <param name="profile">What default means: small, or full.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The platform and its parts as JSON.</returns>
    [DaggerFunction]
    public Task<string> CreateLocalPlatformAsync(
        DaggerClient dagger,
        TimeProvider time,
        Socket? dockerSocket = null,
        string? nodeImage = null,
        string? baseImage = null,
        string? services = null,
        string? profile = null,
        CancellationToken cancellationToken = default
    )
    {
        return PlatformCtl(dagger, time, dockerSocket)
            .RunAsync(
                [
                    "create-local-platform",
                    "--cluster",
                    dockerSocket is null ? "embedded" : "kind",
                    .. Given("--node-image", nodeImage),
                    .. Given("--base-image", baseImage),
                    .. Given("--services", services),
                    .. Given("--profile", profile),
                ],
                cancellationToken
            );

        static string[] Given(string option, string? value) => value is null ? [] : [option, value];
    }

    /// <summary>Deploys an environment, or puts one back, and waits until everything in it is ready.</summary>
    /// <param name="dagger">The engine.</param>
    /// <param name="time">The clock.</param>
    /// <param name="payload">A claim, or a part of one that is merged over its type's defaults, as JSON.</param>
    /// <param name="file">The same in a file.</param>
    /// <param name="deployOnlySpecified">Deploy only the services that are named, and what they depend on.</param>
    /// <param name="useDevTags">Prefer development builds over releases.</param>
    /// <param name="rollback">
    /// The number in the history that the environment is put back to; of the payload only its name counts then.
    /// </param>
    /// <param name="dockerSocket">The host's Docker socket, for a platform on Kind.</param>
    /// <param name="cancellationToken">Stops waiting; the deployment goes on.</param>
    /// <returns>The environment as JSON.</returns>
    [DaggerFunction]
    public async Task<string> DeployEnvironmentAsync(
        DaggerClient dagger,
        TimeProvider time,
        string? payload = null,
        File? file = null,
        bool deployOnlySpecified = false,
        bool useDevTags = false,
        int? rollback = null,
        Socket? dockerSocket = null,
        CancellationToken cancellationToken = default
    )
    {
        var claim = await Claim.ReadAsync(payload, file, cancellationToken);
        var platform = PlatformCtl(dagger, time, dockerSocket);
        return rollback is null
            ? await platform.RunAsync(claim, "deploy-environment", deployOnlySpecified, useDevTags, cancellationToken)
            : await platform.RunAsync(
                ["deploy-environment", Payload.NameIn(claim), "--rollback", $"{rollback}"],
                cancellationToken
            );
    }

    /// <summary>Says what deploying a claim would change, and why; changes nothing.</summary>
    /// <param name="dagger">The engine.</param>
    /// <param name="time">The clock.</param>
    /// <param name="payload">A claim, or a part of one that is merged over its type's defaults, as JSON.</param>
    /// <param name="file">The same in a file.</param>
    /// <param name="deployOnlySpecified">Deploy only the services that are named, and what they depend on.</param>
    /// <param name="useDevTags">Prefer development builds over releases.</param>
    /// <param name="dockerSocket">The host's Docker socket, for a platform on Kind.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The plan as JSON.</returns>
    [DaggerFunction]
    public async Task<string> PlanEnvironmentAsync(
        DaggerClient dagger,
        TimeProvider time,
        string? payload = null,
        File? file = null,
        bool deployOnlySpecified = false,
        bool useDevTags = false,
        Socket? dockerSocket = null,
        CancellationToken cancellationToken = default
    )
    {
        var claim = await Claim.ReadAsync(payload, file, cancellationToken);
        return await PlatformCtl(dagger, time, dockerSocket)
            .RunAsync(claim, "plan-environment", deployOnlySpecified, useDevTags, cancellationToken);
    }

    /// <summary>Removes an environment with everything in it.</summary>
    /// <param name="dagger">The engine.</param>
    /// <param name="time">The clock.</param>
    /// <param name="environment">The environment's name.</param>
    /// <param name="dockerSocket">The host's Docker socket, for a platform on Kind.</param>
    /// <param name="cancellationToken">Stops waiting; the removal goes on.</param>
    [DaggerFunction]
    public Task<string> DestroyEnvironmentAsync(
        DaggerClient dagger,
        TimeProvider time,
        string environment,
        Socket? dockerSocket = null,
        CancellationToken cancellationToken = default
    ) =>
        PlatformCtl(dagger, time, dockerSocket)
            .RunOnRunningAsync(["destroy-environment", environment], cancellationToken);

    /// <summary>Ends the platform and removes everything of it.</summary>
    /// <param name="dagger">The engine.</param>
    /// <param name="time">The clock.</param>
    /// <param name="dockerSocket">The host's Docker socket, for a platform on Kind.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [DaggerFunction]
    public Task<string> DestroyLocalPlatformAsync(
        DaggerClient dagger,
        TimeProvider time,
        Socket? dockerSocket = null,
        CancellationToken cancellationToken = default
    ) => PlatformCtl(dagger, time, dockerSocket).RunAsync(["destroy-local-platform"], cancellationToken);

    /// <summary>The platform and its parts as JSON.</summary>
    /// <param name="dagger">The engine.</param>
    /// <param name="time">The clock.</param>
    /// <param name="dockerSocket">The host's Docker socket, for a platform on Kind.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [DaggerFunction]
    public Task<string> PlatformStatusAsync(
        DaggerClient dagger,
        TimeProvider time,
        Socket? dockerSocket = null,
        CancellationToken cancellationToken = default
    ) => PlatformCtl(dagger, time, dockerSocket).RunOnRunningAsync(["platform-status"], cancellationToken);

    /// <summary>The environments as JSON.</summary>
    /// <param name="dagger">The engine.</param>
    /// <param name="time">The clock.</param>
    /// <param name="dockerSocket">The host's Docker socket, for a platform on Kind.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [DaggerFunction]
    public Task<string> ListEnvironmentsAsync(
        DaggerClient dagger,
        TimeProvider time,
        Socket? dockerSocket = null,
        CancellationToken cancellationToken = default
    ) => PlatformCtl(dagger, time, dockerSocket).RunOnRunningAsync(["list-environments"], cancellationToken);

    /// <summary>The files of the program platformctl.</summary>
    /// <param name="dagger">The engine.</param>
    [DaggerFunction]
    public Directory Build(DaggerClient dagger) => PlatformCtlContainer.Program(dagger, Source);

    /// <summary>Runs the tests, and fails with what they wrote.</summary>
    /// <param name="dagger">The engine.</param>
    /// <param name="project">One test project, <c>Pipelines.Tests</c> for one; all when left out.</param>
    /// <param name="filter">Of a project, the classes that a pattern matches.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [DaggerFunction, Check]
    public Task<string> TestAsync(
        DaggerClient dagger,
        string? project = null,
        string? filter = null,
        CancellationToken cancellationToken = default
    )
    {
        var sources = new DotNetProject(dagger, Source);
        var tests = project is null
            ? sources.Sdk().WithExec(["./test"])
            : sources.Test("tests/" + project, filter is null ? [] : ["--filter-class", filter]);
        return tests.StdoutAsync(cancellationToken);
    }

    /// <summary>Pushes the image of platformctl.</summary>
    /// <param name="dagger">The engine.</param>
    /// <param name="registry">The registry's host.</param>
    /// <param name="version">The image's version.</param>
    /// <param name="repository">The repository; that of releases when left out.</param>
    /// <param name="user">The user to sign in as.</param>
    /// <param name="password">The user's password or token.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The image's reference with its digest.</returns>
    [DaggerFunction]
    public Task<string> PublishAsync(
        DaggerClient dagger,
        string registry,
        string version,
        string repository = ImageRepository.Releases,
        string? user = null,
        Secret? password = null,
        CancellationToken cancellationToken = default
    ) =>
        new ImageRepository(registry, repository) { User = user, Password = password }.PublishAsync(
            PlatformCtlContainer.Image(dagger, Source),
            "platformctl",
            version,
            cancellationToken
        );

    /// <summary>Makes the bucket static-environments what a folder of claims is.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="claims">The folder with NAME.json files.</param>
    /// <param name="endpoint">The object store's address.</param>
    /// <param name="accessKey">The access key.</param>
    /// <param name="secretKey">The secret key.</param>
    /// <param name="cancellationToken">Stops; the next run goes on.</param>
    /// <returns>The names of the environments.</returns>
    [DaggerFunction]
    public async Task<IReadOnlyList<string>> PublishStaticEnvironmentsAsync(
        TimeProvider time,
        Directory claims,
        string endpoint,
        Secret accessKey,
        Secret secretKey,
        CancellationToken cancellationToken
    )
    {
        using var store = new S3ObjectStore(
            new S3ObjectStoreOptions
            {
                Endpoint = new Uri(endpoint),
                AccessKey = await accessKey.PlaintextAsync(cancellationToken),
                SecretKey = await secretKey.PlaintextAsync(cancellationToken),
            },
            time
        );
        return await new StaticEnvironments(store).PublishAsync(claims, cancellationToken);
    }

    /// <summary>Creates a platform, deploys an environment on it, upgrades it and removes both.</summary>
    /// <param name="dagger">The engine.</param>
    /// <param name="time">The clock.</param>
    /// <param name="dockerSocket">The host's Docker socket: the platform gets a Kind cluster.</param>
    /// <param name="nodeImage">The Kind cluster's node image; kind's own when left out.</param>
    /// <param name="baseImage">What the Platform API's image is built on; one of Microsoft's when left out.</param>
    /// <param name="services">The platform services: default, none, or names with commas between.</param>
    /// <returns>The logs; the file <c>exit-code</c> says whether all went well.</returns>
    [DaggerFunction]
    [Cache(CachePolicy.Never)]
    public Directory EndToEnd(
        DaggerClient dagger,
        TimeProvider time,
        Socket? dockerSocket = null,
        string? nodeImage = null,
        string? baseImage = null,
        string? services = null
    ) =>
        PlatformCtl(dagger, time, dockerSocket)
            .EndToEnd(
                new Dictionary<string, string?>
                {
                    ["PLATFORM_NODE_IMAGE"] = nodeImage,
                    ["PLATFORM_BASE_IMAGE"] = baseImage,
                    ["PLATFORM_SERVICES"] = services,
                }
            );

    /// <summary>What CI runs: builds, tests and runs end to end; fails when one of them does.</summary>
    /// <param name="dagger">The engine.</param>
    /// <param name="time">The clock.</param>
    /// <param name="project">One test project; all when left out.</param>
    /// <param name="filter">Of a project, the classes that a pattern matches.</param>
    /// <param name="dockerSocket">The host's Docker socket: the end-to-end run gets a Kind cluster.</param>
    /// <param name="nodeImage">The Kind cluster's node image; kind's own when left out.</param>
    /// <param name="baseImage">What the Platform API's image is built on; one of Microsoft's when left out.</param>
    /// <param name="services">The platform services: default, none, or names with commas between.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [DaggerFunction]
    public async Task<string> MainPipelineAsync(
        DaggerClient dagger,
        TimeProvider time,
        string? project = null,
        string? filter = null,
        Socket? dockerSocket = null,
        string? nodeImage = null,
        string? baseImage = null,
        string? services = null,
        CancellationToken cancellationToken = default
    )
    {
        await Build(dagger).SyncAsync(cancellationToken);
        await TestAsync(dagger, project, filter, cancellationToken);
        var run = EndToEnd(dagger, time, dockerSocket, nodeImage, baseImage, services);
        var logs = await run.SyncAsync(cancellationToken);
        var code = await EndToEndRun.ExitCodeAsync(logs, cancellationToken);
        return code == 0
            ? "Built, tested, and run end to end."
            : throw new PipelineException(
                $"The end-to-end run ended with exit code {code}:\n{await logs.File("errors.log").ContentsAsync(cancellationToken)}",
                "Have its logs with: dagger call end-to-end --output logs"
            );
    }

    private PlatformCtlContainer PlatformCtl(DaggerClient dagger, TimeProvider time, Socket? dockerSocket) =>
        new(dagger, Source, time)
        {
            Platform = Name,
            Workspace = Workspace,
            DockerSocket = dockerSocket,
        };
}
