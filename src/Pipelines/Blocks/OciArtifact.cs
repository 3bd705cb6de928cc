using Pipelines.Api;

namespace Pipelines.Blocks;

/// <summary>Pushes files as an OCI artifact.</summary>
/// <param name="Client">The engine.</param>
/// <param name="ArtifactType">The media type of the whole, <c>application/vnd.example.playbooks</c> for one.</param>
public sealed record OciArtifact(DaggerClient Client, string ArtifactType)
{
    /// <summary>The image with the program <c>oras</c>.</summary>
    /// <value>A fixed version unless set.</value>
    public string Image { get; init; } = "ghcr.io/oras-project/oras:v1.2.3";

    /// <summary>Whether the registry is spoken to without TLS; for <c>localhost</c> it always is.</summary>
    public bool PlainHttp { get; init; }

    /// <summary>Pushes a folder.</summary>
    /// <param name="files">The folder; everything in it becomes one layer.</param>
    /// <param name="address">The artifact's reference.</param>
    /// <param name="time">The clock: a push is made on every call.</param>
    /// <param name="user">The user to sign in as.</param>
    /// <param name="password">The user's password; it is read from a file, never a part of a command line.</param>
    public Container Push(
        Directory files,
        string address,
        TimeProvider time,
        string? user = null,
        Secret? password = null
    ) =>
        Client
            .Container()
            .From(Image)
            .WithDirectory("/artifact/files", files)
            .WithWorkdir("/artifact")
            .WithoutCachedResults(time)
            .With(c =>
                user is null || password is null
                    ? c
                    : c.WithMountedSecret("/run/password", password)
                        .WithEnvVariable("REGISTRY_USER", user)
                        .WithEnvVariable("REGISTRY", address.Split('/')[0])
                        .WithExec([
                            "sh",
                            "-c",
                            "oras login \"$@\" --username \"$REGISTRY_USER\" --password-stdin \"$REGISTRY\" < /run/password",
                            "login",
                            .. Transport,
                        ])
            )
            .WithExec(["oras", "push", .. Transport, "--artifact-type", ArtifactType, address, "files"]);

    private string[] Transport => PlainHttp ? ["--plain-http"] : [];
}
