namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>An object outside of namespaces as it is, and what one environment that brings it makes of it.</summary>
/// <param name="Desired">As the environment brings it.</param>
/// <param name="Wanted">The environment's share.</param>
/// <param name="Live">As it is; <see langword="null"/> when there is none.</param>
/// <param name="Others">The other environments that bring it.</param>
internal sealed record SharedState(DesiredObject Desired, Share Wanted, JsonObject? Live, IReadOnlyList<Share> Others)
{
    private const string Definition = "CustomResourceDefinition";

    /// <summary>Whether the object says already what the environment brings.</summary>
    public bool IsMarked => Live.Annotation(Wanted.Annotation) == Wanted.ToString();

    /// <summary>
    /// Whether it is to be as this environment brings it: the newest version serves all. Of the same version the one that
    /// is there stays, until one of them brings something else.
    /// </summary>
    public bool Serves
    {
        get
        {
            if (Newest is not { } newest)
            {
                return true;
            }
            int order = Comparer<PlatformVersion>.Default.Compare(Wanted.Order, newest.Order);
            string? serving = Live.Label(DeliveryLabels.Environment);
            string before = Share.Of(Live!).FirstOrDefault(s => s.Environment == Wanted.Environment)?.Hash ?? "";
            return order > 0
                || order == 0
                    && (
                        serving == Wanted.Environment
                        || Others.All(other => other.Environment != serving)
                        || (before.Length > 0 && before != Wanted.Hash)
                    );
        }
    }

    /// <summary>The environment whose version is in force instead; <see langword="null"/> when this one's is, or both are the same.</summary>
    public string? ServedBy => Serves || Server.SaysTheSameAs(Wanted) ? null : Server.Environment;

    /// <summary>Who shares it, and whose is in force; <see langword="null"/> when nobody else brings it.</summary>
    public string? Note =>
        Others.Count == 0 ? null
        : Serves
            ? $"it is shared with {string.Join(", ", Others.Select(other => other.Describe()))}: "
                + $"that of {Wanted.Describe()} serves all"
        : Server.SaysTheSameAs(Wanted)
            ? $"it is shared with {string.Join(", ", Others.Select(other => other.Describe()))}: "
                + $"that of {Server.Describe()}, which is the same, serves all"
        : NotInForce(Wanted, Server);

    /// <summary>That what an environment brings is not in force; <see langword="null"/> when it is, or the same as what is, or it brings nothing.</summary>
    public static string? NotInForce(JsonObject live, string environment)
    {
        IReadOnlyList<Share> shares = Share.Of(live);
        Share? own = shares.FirstOrDefault(share => share.Environment == environment);
        Share? server = shares.FirstOrDefault(share => share.Environment == live.Label(DeliveryLabels.Environment));
        return own is null || server is null || own == server || server.SaysTheSameAs(own)
            ? null
            : NotInForce(own, server);
    }

    /// <summary>Two notes as one.</summary>
    public static string? Join(string? one, string? other) =>
        one is null ? other
        : other is null ? one
        : $"{one}; {other}";

    private static string NotInForce(Share own, Share server)
    {
        string why = Comparer<PlatformVersion>.Default.Compare(server.Order, own.Order) > 0 ? ", which is newer," : "";
        return $"what {own.Describe()} brings is not in force: that of {server.Describe()}{why} serves all";
    }

    private Share Server =>
        Others.FirstOrDefault(other => other.Environment == Live.Label(DeliveryLabels.Environment)) ?? Newest!;

    private Share? Newest => Others.MaxBy(other => other.Order);

    /// <summary>Refuses what cannot serve all that bring it.</summary>
    /// <param name="targetNamespace">The environment's namespace.</param>
    /// <exception cref="PlatformException">It does not fit; says with whom.</exception>
    public void RequireFit(string targetNamespace)
    {
        if (Live is null)
        {
            return;
        }
        if (Desired.Reference.Kind == Definition)
        {
            RequireVersions();
        }
        else if (Others.Count > 0 && Desired.Content.Any(p => p.Key != "metadata" && Names(p.Value, targetNamespace)))
        {
            throw new PlatformException(
                FailureKind.InvalidInput,
                $"{Desired.Reference} names the namespace {targetNamespace}, and {Others[0].Describe()} brings it too: "
                    + "one object cannot be that of both environments.",
                "Give each environment its own: put ${ENVIRONMENT_NAME} into its name."
            );
        }
    }

    private void RequireVersions()
    {
        if (Newest is { } newest)
        {
            (Share newer, JsonObject from, Share older, JsonObject to) = Serves
                ? (Wanted, Desired.Content, newest, Live!)
                : (newest, Live!, Wanted, Desired.Content);
            string[] dropped = [.. VersionsOf(to, all: false).Except(VersionsOf(from, all: false))];
            if (dropped.Length > 0)
            {
                throw Misfit(
                    $"{Describe(newer)} does not serve {string.Join(", ", dropped)}, which {Describe(older)} needs",
                    $"Deploy versions that fit in both environments, or remove one: {ShellCommand.Platformctl("destroy-environment", older.Environment)}"
                );
            }
        }
        string[] stored =
        [
            .. Live.Child("status").Texts("storedVersions").Except(VersionsOf(Desired.Content, all: true)),
        ];
        if (Serves && stored.Length > 0)
        {
            throw Misfit(
                $"{Describe(Wanted)} has no {string.Join(", ", stored)} any more, in which objects are stored",
                $"Deploy a version of {Wanted.Service} that still has it and stores another one, write the objects anew, then deploy this one."
            );
        }
    }

    private PlatformException Misfit(string why, string nextStep) =>
        new(FailureKind.InvalidInput, $"{Desired.Reference} cannot serve all that bring it: {why}.", nextStep);

    private static string Describe(Share share) => $"{share.Service} {share.Version} of {share.Environment}";

    private static IEnumerable<string> VersionsOf(JsonObject definition, bool all) =>
        definition
            .Child("spec")
            .Items("versions")
            .Where(version => all || version.Flag("served") == true)
            .Select(version => version.Text("name"))
            .OfType<string>();

    private static bool Names(JsonNode? node, string text) =>
        node switch
        {
            JsonObject item => item.Any(property => Names(property.Value, text)),
            JsonArray list => list.Any(element => Names(element, text)),
            JsonValue value => value.TryGetValue(out string? found) && found == text,
            _ => false,
        };
}
