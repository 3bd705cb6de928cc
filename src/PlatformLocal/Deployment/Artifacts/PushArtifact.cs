using PlatformLocal.Deployment.Manifests;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Deployment.Workspaces;

namespace PlatformLocal.Deployment.Artifacts;

/// <summary>An artifact that was pushed.</summary>
/// <param name="Name">Its name with host and tag.</param>
/// <param name="Digest">Its digest.</param>
/// <param name="Playbook">The artifact with the service's playbook; <see langword="null"/> when it has none.</param>
public sealed record PushedArtifact(string Name, string Digest, PushedArtifact? Playbook = null);

/// <summary>The repositories that artifacts are pushed to.</summary>
public enum ArtifactTarget
{
    /// <summary>Development builds of everybody.</summary>
    Snapshots,

    /// <summary>Releases: what is there never changes.</summary>
    Releases,

    /// <summary>Development builds of one user.</summary>
    User,
}

/// <summary>
/// Packs a service, its definition, its manifests and its playbook, and puts it into the workspace's registry, from where
/// other workspaces can deploy it.
/// </summary>
/// <param name="programs">Runs git, and Docker's credential helpers.</param>
/// <param name="time">Measures waits, and tells when a development build was made.</param>
/// <param name="options">How the registry is talked to; the defaults when <see langword="null"/>.</param>
public sealed class PushArtifact(ProgramRunner programs, TimeProvider time, RegistryOptions? options = null)
{
    private const int LargestDefinition = 256 * 1024;

    private static readonly TimeSpan s_gitLimit = TimeSpan.FromSeconds(20);

    /// <summary>Packs and pushes.</summary>
    /// <param name="workspaceFolder">The folder with <c>platform.yaml</c>.</param>
    /// <param name="service">The service.</param>
    /// <param name="version">The version that becomes the tag.</param>
    /// <param name="target">Where it goes to.</param>
    /// <param name="user">Whose repository it is, for <see cref="ArtifactTarget.User"/>.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="PlatformException">
    /// The workspace, service or version is not valid, a release of that version is there with other content, or the
    /// registry refuses or is away.
    /// </exception>
    public async Task<PushedArtifact> RunAsync(
        string workspaceFolder,
        string service,
        string version,
        ArtifactTarget target,
        string user,
        CancellationToken cancellationToken
    )
    {
        var workspace = WorkspaceReader.Read(workspaceFolder);
        var definition = Find(workspace, service);
        if (!PlatformVersion.TryParse(version, out _))
        {
            throw Invalid(
                $"'{version}' is not a version such as 1.2.3 or 1.2.3-dev.4.",
                "Name one that it can be found by."
            );
        }

        var text = await File.ReadAllTextAsync(
            Path.Combine(definition.Folder, WorkspaceReader.ServiceFile),
            cancellationToken
        );
        if (text.Length > LargestDefinition)
        {
            throw Invalid(
                $"The definition of {service} is larger than {LargestDefinition / 1024} KiB.",
                "Keep what it says short: manifests have files of their own."
            );
        }

        var repository = RepositoryName.Parse($"{workspace.Registry}/{PathOf(service, target, user)}");
        var manifests = Inside(definition, definition.Manifests, "manifests");
        var origin = await OriginOfAsync(manifests, version, target, cancellationToken);
        var playbook = definition.Playbook is { } path
            ? FolderArtifact.Pack(Inside(definition, Path.GetDirectoryName(path) ?? "", "playbook"), origin)
            : null;
        var artifact = FolderArtifact.Pack(
            manifests,
            origin,
            [
                (FolderArtifact.DefinitionAnnotation, text),
                .. playbook is null
                    ? Array.Empty<(string, string)>()
                    : [(FolderArtifact.PlaybookAnnotation, playbook.Digest)],
            ]
        );
        using var client = new RegistryClient(programs, time, options);
        // The playbook first: whoever finds the service finds all of it.
        var playbooks = RepositoryLayout.PlaybooksOf(repository);
        var pushed = playbook is null
            ? null
            : await PushAsync(client, playbooks, version, playbook, target, cancellationToken);
        return await PushAsync(client, repository, version, artifact, target, cancellationToken) with
        {
            Playbook = pushed,
        };
    }

    private static async Task<PushedArtifact> PushAsync(
        RegistryClient client,
        RepositoryName repository,
        string version,
        FolderArtifact artifact,
        ArtifactTarget target,
        CancellationToken cancellationToken
    )
    {
        var tag = TagVersions.TagOf(version);
        if (
            target == ArtifactTarget.Releases
            && await DigestOfAsync(client, repository, tag, cancellationToken) is { } there
            && there != artifact.Digest
        )
        {
            throw new PlatformException(
                FailureKind.Conflict,
                $"{repository}:{tag} is there already with other content, {there}.",
                "A release never changes: push it with the next version."
            );
        }

        await artifact.PushAsync(client, repository, tag, cancellationToken);
        return new PushedArtifact($"{repository}:{tag}", artifact.Digest);
    }

    private static ServiceDefinition Find(Workspace workspace, string service)
    {
        if (workspace.Catalogue.Services.TryGetValue(service, out var found))
        {
            return found.Definition;
        }

        var near = Nearest.To(service, workspace.Catalogue.Services.Keys);
        throw Invalid(
            $"There is no service '{service}' in {workspace.Folder}.",
            near.Count > 0 ? $"Did you mean {string.Join(" or ", near)}?" : "See the folder of services."
        );
    }

    private static string PathOf(string service, ArtifactTarget target, string user) =>
        target switch
        {
            ArtifactTarget.Releases => RepositoryLayout.ArtifactReleases(service),
            ArtifactTarget.Snapshots => RepositoryLayout.ArtifactSnapshots(service),
            _ => RepositoryLayout.ArtifactsOfUser(service, user)
                ?? throw Invalid(
                    $"'{user}' cannot be a part of the name of a repository.",
                    "Name another user with --user."
                ),
        };

    private static string Inside(ServiceDefinition definition, string relative, string what) =>
        SafePath.Inside(definition.Folder, relative)
        ?? throw Invalid($"The {what} of {definition.Name} are outside of its folder.", "Move them into it.");

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

    // Without git, or outside of a repository, an artifact says nothing of where it comes from. Development builds say
    // when they were made, for they are deleted when they are old; releases are the same bytes whenever they are packed.
    private async Task<ArtifactOrigin> OriginOfAsync(
        string folder,
        string version,
        ArtifactTarget target,
        CancellationToken cancellationToken
    )
    {
        var origin = await OriginInGitAsync(folder, version, cancellationToken);
        return target == ArtifactTarget.Releases ? origin : origin with { Created = time.GetUtcNow() };
    }

    private async Task<ArtifactOrigin> OriginInGitAsync(
        string folder,
        string version,
        CancellationToken cancellationToken
    )
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
        new(FailureKind.InvalidInput, message, next);
}
