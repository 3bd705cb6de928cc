using PlatformLocal.Core.Documents;
using PlatformLocal.Core.Versions;

namespace PlatformLocal.Core.Resolution;

/// <summary>What one service of an environment resolved to.</summary>
public sealed record LockedService
{
    /// <summary>The exact version, as its tag is written.</summary>
    public required PlatformVersion Version { get; init; }

    /// <summary>Why this version was chosen when it was.</summary>
    public required string Reason { get; init; }

    /// <summary>The digest of the rendered manifests.</summary>
    public required string Manifests { get; init; }

    /// <summary>The image by its name and tag.</summary>
    public string? Image { get; init; }

    /// <summary>The digest of the image; <see langword="null"/> when its registry was not asked or did not tell.</summary>
    public string? ImageDigest { get; init; }

    /// <summary>The image by its name, its tag and, where it is known, its digest.</summary>
    public string? PinnedImage => ImageDigest is null ? Image : $"{Image}@{ImageDigest}";

    /// <summary>Where the service's definition came from.</summary>
    public string? Source { get; init; }

    /// <summary>What its playbook is pinned to, when the claim names another one than its own.</summary>
    public string? Playbook { get; init; }
}

/// <summary>A difference between two locks.</summary>
/// <param name="Service">The service.</param>
/// <param name="What">What differs: <c>version</c>, <c>manifests</c>, <c>image</c>, <c>image_digest</c>, <c>source</c>, <c>playbook</c> or <c>service</c>.</param>
/// <param name="From">How it was; <see langword="null"/> when it was not there.</param>
/// <param name="To">How it is; <see langword="null"/> when it is gone.</param>
public sealed record LockDifference(string Service, string What, string? From, string? To)
{
    /// <summary>The difference as a part of a sentence.</summary>
    public override string ToString() =>
        (What, From, To) switch
        {
            ("service", null, _) => $"{Service} {To} is not in the lock",
            ("service", _, _) => $"{Service} {From} is in the lock and no longer needed",
            _ => $"{What.Replace('_', ' ')} of {Service}: {From ?? "unknown"} before, {To ?? "unknown"} now",
        };

    /// <summary>The difference as a change, in a few words.</summary>
    public string ToChange() =>
        (What, From, To) switch
        {
            ("version", _, _) => $"{Service} {From} → {To}",
            ("service", null, _) => $"{Service} {To} added",
            ("service", _, _) => $"{Service} {From} removed",
            _ => $"{What.Replace('_', ' ')} of {Service}",
        };
}

/// <summary>What a claim resolved to: for every service the exact version, what it consists of, and why.</summary>
/// <param name="EnvironmentName">The environment.</param>
/// <param name="Services">The services by name, in the order in which they start.</param>
public sealed record EnvironmentLock(string EnvironmentName, IReadOnlyDictionary<string, LockedService> Services)
{
    /// <summary>The exact versions by service.</summary>
    public IReadOnlyDictionary<string, PlatformVersion> Versions =>
        Services.ToDictionary(s => s.Key, s => s.Value.Version, StringComparer.Ordinal);

    /// <summary>Reads a lock; what is not known of a service but its version is left out.</summary>
    /// <param name="source">What <see cref="ToJson"/> wrote, by this version of the program or an older one.</param>
    /// <param name="document">What the document is to the user, for messages.</param>
    /// <exception cref="InvalidDocumentException">It is no lock, or a version in it cannot be read; carries every fault.</exception>
    public static EnvironmentLock Read(JsonObject source, string document)
    {
        if (source["services"] is not JsonObject entries)
        {
            throw new InvalidDocumentException(document, [new Fault("", "is no lock: it has no services")]);
        }

        var services = new Dictionary<string, LockedService>(StringComparer.Ordinal);
        var faults = new List<Fault>();
        foreach (var (name, value) in entries)
        {
            if (value is JsonObject service && PlatformVersion.TryParse(Text(service, "version"), out var version))
            {
                services[name] = new LockedService
                {
                    Version = version,
                    Reason = Text(service, "reason") ?? "",
                    Manifests = Text(service, "manifests") ?? "",
                    Image = Text(service, "image"),
                    ImageDigest = Text(service, "image_digest"),
                    Source = Text(service, "source"),
                    Playbook = Text(service, "playbook"),
                };
            }
            else
            {
                faults.Add(new Fault($"services.{name}", "has no version that can be read"));
            }
        }

        return faults.Count == 0
            ? new EnvironmentLock(Text(source, "environment_name") ?? "", services)
            : throw new InvalidDocumentException(document, faults);
    }

    /// <summary>The lock as it is stored: what is unknown is left out.</summary>
    public JsonObject ToJson()
    {
        var services = new JsonObject();
        foreach (var (name, service) in Services)
        {
            var entry = new JsonObject { ["version"] = service.Version.Text, ["reason"] = service.Reason };
            foreach (var (field, value) in Parts(service).Skip(1).Where(p => p.Value is not null))
            {
                entry[field] = value;
            }

            services[name] = entry;
        }

        return new JsonObject { ["environment_name"] = EnvironmentName, ["services"] = services };
    }

    /// <summary>
    /// The same lock, with the reasons of an earlier one of the same claim that does not differ otherwise: why versions were
    /// chosen does not change because newer ones came.
    /// </summary>
    /// <param name="earlier">The lock before; <see langword="null"/> when there was none, or it was another claim's.</param>
    public EnvironmentLock WithReasonsOf(EnvironmentLock? earlier) =>
        earlier is not null && DifferencesTo(earlier).Count == 0
            ? this with
            {
                Services = Services.ToDictionary(
                    s => s.Key,
                    s => s.Value with { Reason = earlier.Services[s.Key].Reason },
                    StringComparer.Ordinal
                ),
            }
            : this;

    /// <summary>What differs in a later lock; reasons do not count.</summary>
    /// <param name="later">The later lock.</param>
    public IReadOnlyList<LockDifference> DifferencesTo(EnvironmentLock later)
    {
        var differences = new List<LockDifference>();
        foreach (var name in Services.Keys.Union(later.Services.Keys).Order(StringComparer.Ordinal))
        {
            var (from, to) = (Services.GetValueOrDefault(name), later.Services.GetValueOrDefault(name));
            if (from is null || to is null)
            {
                differences.Add(new LockDifference(name, "service", from?.Version.Text, to?.Version.Text));
                continue;
            }

            differences.AddRange(
                Parts(from)
                    .Zip(Parts(to))
                    .Where(p => p.First.Value != p.Second.Value)
                    .Select(p => new LockDifference(name, p.First.Field, p.First.Value, p.Second.Value))
            );
        }

        return differences;
    }

    /// <summary>What differs in a later lock, of a service with another version the version alone.</summary>
    /// <param name="later">The later lock.</param>
    public IReadOnlyList<LockDifference> ChangesTo(EnvironmentLock later)
    {
        var all = DifferencesTo(later);
        var moved = all.Where(d => d.What == "version").Select(d => d.Service).ToHashSet(StringComparer.Ordinal);
        return [.. all.Where(d => d.What == "version" || !moved.Contains(d.Service))];
    }

    private static IEnumerable<(string Field, string? Value)> Parts(LockedService service) =>
        [
            ("version", service.Version.Text),
            ("manifests", service.Manifests),
            ("image", service.Image),
            ("image_digest", service.ImageDigest),
            ("source", service.Source),
            ("playbook", service.Playbook),
        ];

    private static string? Text(JsonObject source, string name) =>
        source[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
