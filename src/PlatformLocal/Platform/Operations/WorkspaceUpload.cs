using PlatformLocal.Deployment.Workspaces;

namespace PlatformLocal.Platform.Operations;

/// <summary>Hands a workspace to a platform that cannot see the folder.</summary>
public static class WorkspaceUpload
{
    /// <summary>Hands the workspace over when the platform takes uploads and has another one.</summary>
    /// <param name="api">The platform.</param>
    /// <param name="folder">The folder with <c>platform.yaml</c>.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The workspace is not valid or too large, or the API does not answer.</exception>
    public static async Task EnsureAsync(PlatformApiClient api, string folder, CancellationToken cancellationToken)
    {
        var known = await api.GetWorkspaceAsync(cancellationToken);
        if (!known.TakesUploads)
        {
            return;
        }

        _ = WorkspaceReader.Read(folder); // its faults are told with the paths people know
        var archive = WorkspaceArchive.Pack(folder);
        if (archive.Digest != known.Digest)
        {
            await api.PutWorkspaceAsync(archive.Content, cancellationToken);
        }
    }
}
