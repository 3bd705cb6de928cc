namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>What of an environment is not as its delivery wants it although it is done.</summary>
/// <param name="Remarks">What stays so, as whole sentences.</param>
/// <param name="Leaving">By service, what is wanted and is being deleted: a delivery waits until it is gone and makes it again.</param>
public sealed record DeliveredLook(IReadOnlyList<string> Remarks, ILookup<string, CauseDocument> Leaving)
{
    /// <summary>Nothing but remarks.</summary>
    /// <param name="remarks">Whole sentences.</param>
    public static DeliveredLook Of(params IReadOnlyList<string> remarks) =>
        new(remarks, Enumerable.Empty<CauseDocument>().ToLookup(_ => ""));
}
