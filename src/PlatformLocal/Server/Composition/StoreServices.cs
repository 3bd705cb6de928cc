using PlatformLocal.Server.Reconciliation;

namespace PlatformLocal.Server.Composition;

/// <summary>Where claims, secrets and the workspace are kept.</summary>
internal static class StoreServices
{
    public static IServiceCollection AddStores(this IServiceCollection services, ServeOptions options)
    {
        var state = options.State;
        return services
            .AddSingleton<IObjectStore>(_ =>
                options.Replica?.ObjectStore is { } s3
                    ? new S3ObjectStore(s3, options.Time)
                    : new DirectoryObjectStore(state.Buckets, options.Time)
            )
            .AddSingleton<MemorySearchIndex>()
            .AddSingleton(_ => new EncryptedFileSecretStore(state.Secrets))
            .AddSingleton(
                options.Workspace is { } folder
                    ? WorkspaceSource.At(folder)
                    : WorkspaceSource.UploadedTo(state.Workspaces)
            )
            .AddSingleton<WorkspaceSnapshots>()
            .AddSingleton<ClaimStore>();
    }
}
