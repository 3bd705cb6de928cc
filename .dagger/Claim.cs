using System.Text.Json.Nodes;
using PlatformLocal.Core;
using PlatformLocal.Core.Documents;
using PlatformLocal.Core.Environments;

namespace PlatformPipelines;

/// <summary>The claim that a caller gives as a payload or in a file.</summary>
internal static class Claim
{
    /// <summary>The claim, read before anything is started for it.</summary>
    /// <param name="payload">The claim as JSON.</param>
    /// <param name="file">The same in a file.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="PlatformException">There is none, or two, or it is no claim.</exception>
    public static async Task<JsonObject> ReadAsync(string? payload, File? file, CancellationToken cancellationToken)
    {
        if (payload is null == file is null)
        {
            throw new PlatformException("Give the claim with either --payload JSON or --file PATH.")
            {
                Kind = FailureKind.InvalidInput,
            };
        }

        var claim = payload is not null
            ? JsonText.ParseObject(payload, "--payload")
            : JsonText.ParseObject(await file!.ContentsAsync(cancellationToken), "--file");
        _ = Payload.NameIn(claim);
        return claim;
    }
}
