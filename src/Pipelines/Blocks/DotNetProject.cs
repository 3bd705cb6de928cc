using Pipelines.Api;

namespace Pipelines.Blocks;

/// <summary>Builds, tests and publishes .NET sources in a container.</summary>
/// <param name="Client">The engine.</param>
/// <param name="Source">The sources, without <c>bin</c> and <c>obj</c>.</param>
public sealed record DotNetProject(DaggerClient Client, Directory Source)
{
    private const string Folder = "/source";

    /// <summary>The image with the SDK.</summary>
    /// <value>That of .NET 10 unless set.</value>
    public string Image { get; init; } = "mcr.microsoft.com/dotnet/sdk:10.0";

    /// <summary>The build's configuration.</summary>
    /// <value><c>Release</c> unless set.</value>
    public string Configuration { get; init; } = "Release";

    /// <summary>The sources beside the SDK; packages that were downloaded once are kept.</summary>
    public Container Sdk() =>
        Client
            .Container()
            .From(Image)
            .WithMountedCache("/root/.nuget/packages", Client.CacheVolume("nuget-packages"))
            .WithEnvVariable("DOTNET_CLI_TELEMETRY_OPTOUT", "1")
            .WithEnvVariable("DOTNET_NOLOGO", "1")
            .WithDirectory(Folder, Source)
            .WithWorkdir(Folder);

    /// <summary>After a build.</summary>
    /// <param name="project">The project or solution.</param>
    public Container Build(string project) =>
        Sdk().WithExec(["dotnet", "build", project, "--configuration", Configuration]);

    /// <summary>After a test project ran.</summary>
    /// <param name="project">The project: a program that exits with zero when all is well.</param>
    /// <param name="arguments">What the program is given.</param>
    public Container Test(string project, IReadOnlyList<string>? arguments = null) =>
        Sdk()
            .WithExec([
                "dotnet",
                "run",
                "--project",
                project,
                "--configuration",
                Configuration,
                "--",
                .. arguments ?? [],
            ]);

    /// <summary>The files of a program that was published.</summary>
    /// <param name="project">The project.</param>
    /// <param name="properties">Further properties of the build, <c>PublishReadyToRun=true</c> for one.</param>
    public Directory Publish(string project, IReadOnlyList<string>? properties = null) =>
        Sdk()
            .WithExec([
                "dotnet",
                "publish",
                project,
                "--configuration",
                Configuration,
                "--use-current-runtime",
                .. (properties ?? []).Select(p => "-p:" + p),
                "--output",
                ".published",
            ])
            .Directory($"{Folder}/.published");
}
