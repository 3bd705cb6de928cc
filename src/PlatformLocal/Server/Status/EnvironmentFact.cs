using PlatformLocal.Server.History;

namespace PlatformLocal.Server.Status;

/// <summary>Something that happened to an environment; <see cref="EnvironmentStatus"/> alone knows what it looks like to others.</summary>
internal abstract record EnvironmentFact
{
    private EnvironmentFact() { }

    /// <summary>Somebody asked for a pass.</summary>
    /// <param name="Number">The number of the request.</param>
    /// <param name="Revision">The claim's revision; <see langword="null"/> when it is gone.</param>
    /// <param name="Claim">The claim of that revision, where whoever asked has it.</param>
    public sealed record Asked(long Number, string? Revision, JsonObject? Claim) : EnvironmentFact
    {
        /// <summary>The services of a deployment that was accepted just now and that nothing under way serves already.</summary>
        public IReadOnlyList<ServiceDocument>? Services { get; init; }
    }

    /// <summary>A pass over a claim began.</summary>
    /// <param name="Revision">The claim's revision.</param>
    /// <param name="Claim">The claim; <see langword="null"/> when it is no JSON.</param>
    public sealed record Began(string Revision, JsonObject? Claim) : EnvironmentFact;

    /// <summary>The claim is valid.</summary>
    public sealed record Accepted(Claim Claim) : EnvironmentFact;

    /// <summary>It is known where the environment is.</summary>
    /// <param name="Cluster">The cluster it has of its own; <see langword="null"/> for the platform's.</param>
    /// <param name="Delivery">Who delivers it.</param>
    public sealed record Placed(string? Cluster, DeliveryKind Delivery) : EnvironmentFact;

    /// <summary>The claim has exact versions and manifests.</summary>
    /// <param name="Services">The services, each after all that it depends on.</param>
    /// <param name="Warnings">What is odd about them.</param>
    public sealed record Resolved(IReadOnlyList<ServiceDocument> Services, IReadOnlyList<string> Warnings)
        : EnvironmentFact
    {
        /// <summary>The rollback that the environment stays at.</summary>
        public Rollout? Held { get; init; }

        /// <summary>The failed update that the environment came back from.</summary>
        public Rollout? TakenBack { get; init; }
    }

    /// <summary>A service, or the environment itself, is further on its way.</summary>
    public sealed record Progressed(ServiceProgress Progress) : EnvironmentFact;

    /// <summary>Everything is ready.</summary>
    /// <param name="Changes">What the delivery did; <see langword="null"/> when there was nothing to deliver.</param>
    /// <param name="Since">Since when.</param>
    public sealed record Delivered(ChangeCounts? Changes, DateTimeOffset Since) : EnvironmentFact
    {
        /// <summary>What was deleted and made again.</summary>
        public IReadOnlyList<ObjectChange> Recreated { get; init; } = [];
    }

    /// <summary>It is known what is not as the delivery wants it although it is done.</summary>
    /// <param name="What">What and why: whole sentences.</param>
    public sealed record Remarked(IReadOnlyList<string> What) : EnvironmentFact;

    /// <summary>Of a ready environment something that is wanted is being deleted.</summary>
    /// <param name="What">What, by service.</param>
    public sealed record Leaving(ILookup<string, CauseDocument> What) : EnvironmentFact;

    /// <summary>A pass failed.</summary>
    public sealed record Failed(PlatformException Failure) : EnvironmentFact;

    /// <summary>The claim is gone, and the history says what it was.</summary>
    /// <param name="Claim">The claim that was rolled out last.</param>
    public sealed record Remembered(JsonObject Claim) : EnvironmentFact;

    /// <summary>The claim is not where it was.</summary>
    /// <param name="Until">When the environment is removed unless it comes back; <see langword="null"/> when it is not.</param>
    public sealed record ClaimAway(DateTimeOffset? Until) : EnvironmentFact;

    /// <summary>The claim is there again.</summary>
    public sealed record ClaimBack : EnvironmentFact;

    /// <summary>The environment is being removed.</summary>
    public sealed record Removing : EnvironmentFact;

    /// <summary>The environment is removed, and some of what was delivered for it stays.</summary>
    /// <param name="What">What stays and why, as whole sentences.</param>
    public sealed record Left(IReadOnlyList<string> What) : EnvironmentFact;

    /// <summary>It is known when newer versions are looked for next; <see langword="null"/> for never.</summary>
    public sealed record UpdatesScheduled(DateTimeOffset? Next) : EnvironmentFact;

    /// <summary>Newer versions are looked for now; the pass that does it says when the next time is.</summary>
    public sealed record UpdatesDue : EnvironmentFact;

    /// <summary>Newer versions were looked for.</summary>
    public sealed record UpdatesLooked : EnvironmentFact;

    /// <summary>Newer versions could not be looked for.</summary>
    /// <param name="Failure">Why.</param>
    /// <param name="Retry">When it is tried again unless a time is known.</param>
    public sealed record UpdatesNotLooked(PlatformException Failure, DateTimeOffset Retry) : EnvironmentFact;

    /// <summary>A pass is over, and nobody asked for another one.</summary>
    /// <param name="Number">The newest request that is done with.</param>
    /// <param name="NextTry">When it is tried again by itself; <see langword="null"/> when there is nothing to try.</param>
    public sealed record Ended(long Number, DateTimeOffset? NextTry) : EnvironmentFact;
}
