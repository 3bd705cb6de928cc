using System.Security.Cryptography;
using PlatformLocal.Core.Documents;

namespace PlatformLocal.Platform.PlatformServices.Installation;

/// <summary>Manifests that are not part of the program: a release's, by its address, or a file in their stead.</summary>
/// <param name="service">Whose they are, as in <c>spec.platformServices</c>.</param>
/// <param name="address">Where they are published.</param>
/// <param name="file">The file in their stead, or <see langword="null"/>.</param>
internal sealed class ManifestSource(string service, Uri address, string? file)
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(1);

    /// <summary>Changes when the manifests do: a release is known by its address, a file by what it says.</summary>
    public string Identity =>
        file is null
            ? address.OriginalString
            : "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ReadFile(file))));

    /// <summary>The objects.</summary>
    /// <exception cref="PlatformException">They cannot be downloaded or read.</exception>
    public async Task<IReadOnlyList<JsonObject>> ReadAsync(CancellationToken cancellationToken)
    {
        string name = file ?? address.OriginalString;
        string text = file is null ? await DownloadAsync(cancellationToken) : ReadFile(file);
        var objects = YamlText.ParseAll(text, name).Select(d => d.Root).OfType<JsonObject>().ToList();
        return objects.Count > 0
            ? objects
            : throw new PlatformException($"{name} has no Kubernetes objects.", NextStep);
    }

    private string NextStep =>
        $"Download {address} where that works, and name the file in platform.yaml: "
        + $"spec.platformServices.{service}.manifests";

    private async Task<string> DownloadAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = s_timeout };
        try
        {
            return await http.GetStringAsync(address, cancellationToken);
        }
        catch (Exception e)
            when (e is HttpRequestException
                || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested)
            )
        {
            throw new PlatformException($"{address} cannot be downloaded: {e.Message}", NextStep, e);
        }
    }

    private static string ReadFile(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PlatformException(FailureKind.InvalidInput, $"{path} cannot be read: {e.Message}", inner: e);
        }
    }
}
