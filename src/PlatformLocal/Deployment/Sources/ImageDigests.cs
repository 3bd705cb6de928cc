using PlatformLocal.Deployment.Manifests;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Deployment.Workspaces;

namespace PlatformLocal.Deployment.Sources;

/// <summary>What images are pinned for.</summary>
/// <param name="Claim">The claim.</param>
/// <param name="Workspace">The workspace as it was read.</param>
/// <param name="Kept">What services were whose versions are kept: they keep their images' digests.</param>
/// <param name="Policy">Whether registries are asked at all, and whether now.</param>
internal sealed record ImagePins(
    Claim Claim,
    Workspace Workspace,
    IReadOnlyDictionary<string, LockedService> Kept,
    VersionPolicy Policy
);

/// <summary>
/// Pins images to the digests that their tags stand for. A registry that has to be asked for versions is waited for;
/// any other one is asked briefly, and where it does not answer the image has no digest.
/// </summary>
internal sealed class ImageDigests : IDisposable
{
    private const int AtOnce = 16;

    // What is not known by then is not worth the wait, however many services there are.
    private static readonly TimeSpan s_briefly = TimeSpan.FromSeconds(2);

    private readonly RegistryClient _patient;
    private readonly RegistryClient _brief;
    private readonly TagCache _cache;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, DateTimeOffset> _away = new(StringComparer.Ordinal);

    public ImageDigests(TagCache cache, ProgramRunner programs, TimeProvider time, RegistryOptions options)
    {
        _cache = cache;
        _time = time;
        _patient = new RegistryClient(programs, time, options);
        _brief = new RegistryClient(programs, time, options with { Retries = 0, AnswerLimit = s_briefly });
    }

    /// <summary>The same services with the digests of their images, as far as they can be known.</summary>
    /// <returns>The services, and what is odd but no fault as whole sentences.</returns>
    public async Task<(ResolvedServices Services, IReadOnlyList<string> Warnings)> PinAsync(
        ImagePins pins,
        ResolvedServices resolved,
        CancellationToken cancellationToken
    )
    {
        using var slots = new SemaphoreSlim(AtOnce, AtOnce);
        using var brief = new CancellationTokenSource(s_briefly, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(brief.Token, cancellationToken);
        var pinned = await Task.WhenAll(
            resolved.Services.Select(async s =>
            {
                using var turn = await slots.TakeTurnAsync(cancellationToken);
                return await PinAsync(pins, s, either.Token, cancellationToken);
            })
        );
        return (
            resolved with
            {
                Services = [.. pinned.Select(p => p.Service)],
            },
            [.. pinned.Select(p => p.Warning).OfType<string>()]
        );
    }

    public void Dispose()
    {
        _patient.Dispose();
        _brief.Dispose();
    }

    private async Task<(ResolvedService Service, string? Warning)> PinAsync(
        ImagePins pins,
        ResolvedService service,
        CancellationToken brief,
        CancellationToken cancellationToken
    )
    {
        var name = service.Definition.Name;
        var image = ManifestVariables.ImageOf(pins.Claim, service, pins.Workspace);
        var kept = pins.Kept.GetValueOrDefault(name);
        kept = kept?.Image == image && kept.Version.Text == service.Version.Text ? kept : null;
        // What was deployed without a digest stays without one: finding it would change what runs.
        if (kept is { ImageDigest: null } || Split(image) is not { } found)
        {
            return (service, null);
        }

        var (now, warning) = await FindAsync(
            found.Repository,
            found.Tag,
            service.Definition.VersionsFrom == VersionsFrom.Registry,
            pins,
            brief,
            cancellationToken
        );
        if (kept is null)
        {
            return (service with { ImageDigest = now }, warning);
        }

        return now is null || now == kept.ImageDigest ? (service with { ImageDigest = kept.ImageDigest }, null)
            : pins.Policy.IsLocked ? (service with { ImageDigest = now }, null)
            : (
                service with
                {
                    ImageDigest = kept.ImageDigest,
                },
                $"{image} was pushed anew: it is {now}, and {name} stays at {kept.ImageDigest} until --upgrade {name}."
            );
    }

    private async Task<(string? Digest, string? Warning)> FindAsync(
        RepositoryName repository,
        string tag,
        bool isPatient,
        ImagePins pins,
        CancellationToken brief,
        CancellationToken cancellationToken
    )
    {
        var isAway = _away.TryGetValue(repository.Host, out var until) && until > _time.GetUtcNow();
        try
        {
            var (digests, _) = await _cache.GetAsync(
                $"the digest of {repository}:{tag}",
                repository.Host,
                async (_, token) =>
                {
                    try
                    {
                        var client = isPatient ? _patient : _brief;
                        return new TagList([await client.GetDigestAsync(repository, tag, token)], null);
                    }
                    catch (PlatformException e) when (e.Kind == FailureKind.NotFound)
                    {
                        return new TagList([], null);
                    }
                },
                new SourceUse(
                    null,
                    pins.Policy.Offline || (isAway && !isPatient),
                    pins.Policy.IsLocked ? TimeSpan.Zero : TagCache.Freshness
                ),
                isPatient ? cancellationToken : brief
            );
            return (digests is [var digest, ..] ? digest : null, null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, null);
        }
        catch (PlatformException e)
        {
            if (e.Kind is FailureKind.Failed or FailureKind.NotReadyInTime)
            {
                _away[repository.Host] = _time.GetUtcNow() + TagCache.Freshness;
            }

            return (
                null,
                isPatient && !pins.Policy.Offline ? $"The digest of {repository}:{tag} is not known: {e.Message}" : null
            );
        }
    }

    /// <summary>Repository and tag of an image; <see langword="null"/> when it names no host, no tag, or a digest.</summary>
    private static (RepositoryName Repository, string Tag)? Split(string image)
    {
        var colon = image.LastIndexOf(':');
        return
            colon > image.LastIndexOf('/')
            && !image.Contains('@', StringComparison.Ordinal)
            && RepositoryName.TryParse(image[..colon], out var repository)
            && ImageName.IsHost(repository.Host)
            ? (repository, image[(colon + 1)..])
            : null;
    }
}
