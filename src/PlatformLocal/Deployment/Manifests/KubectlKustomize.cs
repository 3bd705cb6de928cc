namespace PlatformLocal.Deployment.Manifests;

/// <summary>
/// Builds kustomizations with <c>kubectl kustomize</c>. What was built is remembered for as long as no file of the
/// service changes, unless the kustomization reaches outside of the folder that is watched for changes.
/// </summary>
/// <param name="programs">Runs kubectl.</param>
public sealed class KubectlKustomize(ProgramRunner programs)
{
    // Its files were looked through: should one still name something elsewhere, neither git nor a proxy takes it there.
    private static readonly Dictionary<string, string?> s_offline = new()
    {
        ["GIT_ALLOW_PROTOCOL"] = "none",
        ["HTTP_PROXY"] = "http://127.0.0.1:9",
        ["HTTPS_PROXY"] = "http://127.0.0.1:9",
        ["NO_PROXY"] = null,
    };

    private readonly ConcurrentDictionary<string, (string Digest, string Built)> _built = new(StringComparer.Ordinal);

    /// <summary>Builds the kustomization in a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="cancellationToken">Stops the build.</param>
    /// <exception cref="PlatformException">kubectl is missing, or refuses the kustomization: with its words.</exception>
    public async Task<string> BuildAsync(string folder, CancellationToken cancellationToken)
    {
        var digest = DigestOf(folder);
        if (digest is not null && _built.TryGetValue(folder, out var known) && known.Digest == digest)
        {
            return known.Built;
        }

        try
        {
            var result = await programs.RunAsync(
                new ProgramCommand
                {
                    Program = "kubectl",
                    Arguments = ["kustomize", folder],
                    Environment = s_offline,
                    Timeout = TimeSpan.FromMinutes(2),
                },
                cancellationToken
            );
            if (digest is not null)
            {
                _built[folder] = (digest, result.Output);
            }

            return result.Output;
        }
        catch (ProgramException e) when (e.ExitCode is not null)
        {
            throw new InvalidDocumentException(
                Path.Combine(folder, "kustomization.yaml"),
                [new Fault("", string.Join(" ", e.LastLines).Trim())]
            );
        }
    }

    // Null when the outcome depends on more than the files below the folder.
    private static string? DigestOf(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (
            var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        )
        {
            var content = File.ReadAllBytes(file);
            if (
                Path.GetFileNameWithoutExtension(file).Equals("kustomization", StringComparison.OrdinalIgnoreCase)
                && Encoding.UTF8.GetString(content) is var text
                && (text.Contains("..", StringComparison.Ordinal) || text.Contains("//", StringComparison.Ordinal))
            )
            {
                return null;
            }

            hash.AppendData(Encoding.UTF8.GetBytes(file));
            hash.AppendData(BitConverter.GetBytes(content.LongLength));
            hash.AppendData(content);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
