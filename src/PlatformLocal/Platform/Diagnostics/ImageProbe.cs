using PlatformLocal.Deployment.Registries;

namespace PlatformLocal.Platform.Diagnostics;

/// <summary>What a registry says about an image.</summary>
/// <param name="Status">Pass when it is there, fail when it is not, warn when that could not be found out.</param>
/// <param name="Message">What the registry said.</param>
internal sealed record ImageAnswer(CheckStatus Status, string Message);

/// <summary>Asks registries for the digests of images, as the engine would before it pulls them; pulls nothing.</summary>
internal sealed class ImageProbe(RegistryClient registries)
{
    /// <summary>How registries are asked: once, and not for long.</summary>
    /// <param name="timeout">How long one may take to answer.</param>
    public static RegistryOptions OptionsFor(TimeSpan timeout) => new() { Retries = 0, AnswerLimit = timeout };

    public async Task<ImageAnswer> AskAsync(ImageName image, CancellationToken cancellationToken)
    {
        var host = image.Repository.Host;
        try
        {
            await registries.GetDigestAsync(image.Repository, image.Reference, cancellationToken);
            return new ImageAnswer(CheckStatus.Pass, $"can be pulled from {host}");
        }
        catch (PlatformException e) when (e.Kind == FailureKind.NotFound)
        {
            return new ImageAnswer(CheckStatus.Fail, $"is not on this machine, and {host} does not have it");
        }
        catch (PlatformException e) when (e.Kind == FailureKind.NotAllowed)
        {
            return new ImageAnswer(
                CheckStatus.Warn,
                $"is not on this machine, and {host} shows it to nobody without a login, or does not have it"
            );
        }
        catch (PlatformException e)
        {
            // The engine on this machine sees the same loopback; another way out, such as its own proxy, only it may have.
            return new ImageAnswer(
                image.Repository.IsThisMachine ? CheckStatus.Fail : CheckStatus.Warn,
                $"is not on this machine, and cannot be asked for: {e.Message.TrimEnd('.')}"
            );
        }
    }
}
