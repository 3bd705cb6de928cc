using PlatformLocal.Manifests;
using PlatformLocal.Processes;
using PlatformLocal.Registries;
using PlatformLocal.Text;
using PlatformLocal.Versions;
using PlatformLocal.Workspaces;

namespace PlatformLocal.Operations;

/// <summary>An artifact that was pushed.</summary>
/// <param name="Name">Its name with host and tag.</param>
/// <param name="Digest">Its digest.</param>
public sealed record PushedArtifact(string Name, string Digest);

/// <summary>Packs the manifests of a service and puts them into the workspace's registry.</summary>
/// <param name="programs">Runs git, and Docker's credential helpers.</param>
/// <param name="time">Measures waits.</param>
public sealed class PushArtifact(ProgramRunner programs, TimeProvider time)
{
    private static readonly TimeSpan s_gitLimit = TimeSpan.FromSeconds(20);

    /// <summary>Packs and pushes.</summary>
    /// <param name="workspaceFolder">The folder with <c>platform.yaml</c>.</param>
    /// <param name="service">The service.</param>
    /// <param name="version">The version that becomes the tag.</param>
    /// <param name="isRelease">Whether it goes to <c>oci-releases</c>; otherwise to <c>oci-snapshots</c>.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="PlatformException">
    /// The workspace, service or version is not valid, a release of that version is there with other content, or the
    /// registry refuses or is away.
    /// </exception>
    public async Task<PushedArtifact> RunAsync(
        string workspaceFolder,
        string service,
        string version,
        bool isRelease,
        CancellationToken cancellationToken
    )
    {
        var workspace = WorkspaceReader.Read(workspaceFolder);
        if (!workspace.Catalogue.Services.TryGetValue(service, out var found))
        {
            var near = Nearest.To(service, workspace.Catalogue.Services.Keys);
            throw Invalid(
                $"There is no service '{service}' in {workspaceFolder}.",
                near.Count > 0 ? $"Did you mean {string.Join(" or ", near)}?" : "See the folder of services."
            );
        }

        if (!PlatformVersion.TryParse(version, out _))
        {
            throw Invalid(
                $"'{version}' is not a version such as 1.2.3 or 1.2.3-dev.4.",
                "Name one that it can be found by."
            );
        }

        var folder =
            SafePath.Inside(found.Definition.Folder, found.Definition.Manifests)
            ?? throw Invalid($"The manifests of {service} are outside of its folder.", "Move them into it.");
        var tag = version.Replace('+', '_'); // tags have no plus sign
        var artifact = FluxArtifact.Pack(folder, await OriginOfAsync(folder, version, cancellationToken));
        var repository = RepositoryName.Parse(
            $"{workspace.Registry}/{(isRelease ? "oci-releases" : "oci-snapshots")}/{service}"
        );
        using var client = new RegistryClient(programs, time);
        if (
            isRelease
            && await DigestOfAsync(client, repository, tag, cancellationToken) is { } there
            && there != artifact.Digest
        )
        {
            throw new PlatformException(
                $"{repository}:{tag} is there already with other content, {there}.",
                "A release never changes: push it with the next version."
            )
            {
                Kind = FailureKind.Conflict,
            };
        }

        await artifact.PushAsync(client, repository, tag, cancellationToken);
        return new PushedArtifact($"{repository}:{tag}", artifact.Digest);
    }

    private static async Task<string?> DigestOfAsync(
        RegistryClient client,
        RepositoryName repository,
        string tag,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await client.GetDigestAsync(repository, tag, cancellationToken);
        }
        catch (PlatformException e) when (e.Kind == FailureKind.NotFound)
        {
            return null;
        }
    }

    // Without git, or outside of a repository, an artifact says nothing of where it comes from.
    private async Task<ArtifactOrigin> OriginOfAsync(string folder, string version, CancellationToken cancellationToken)
    {
        try
        {
            var commit = await GitAsync("log", "-1", "--format=%H %cI");
            var address = await GitAsync("config", "--get", "remote.origin.url");
            return commit?.Split(' ') is [var hash, var date]
                ? new ArtifactOrigin(address, $"{version}@sha1:{hash}", DateTimeOffset.Parse(date))
                : new ArtifactOrigin(null, null, null);
        }
        catch (ProgramException)
        {
            return new ArtifactOrigin(null, null, null);
        }

        async Task<string?> GitAsync(params string[] arguments)
        {
            var result = await programs.RunAnyAsync(
                new ProgramCommand
                {
                    Program = "git",
                    Arguments = ["-C", folder, .. arguments],
                    Timeout = s_gitLimit,
                },
                cancellationToken
            );
            return result.ExitCode == 0 && result.Output.Trim() is { Length: > 0 } told ? told : null;
        }
    }

    private static PlatformException Invalid(string message, string next) =>
        new(message, next) { Kind = FailureKind.InvalidInput };
}
