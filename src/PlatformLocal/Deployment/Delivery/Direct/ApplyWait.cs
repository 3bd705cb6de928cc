namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>What an object waits for before it can be applied.</summary>
/// <param name="Message">In words that go on a sentence about it: <c>waits for the kind …</c>.</param>
/// <param name="NextStep">What to do when that does not come.</param>
internal sealed record ApplyWait(string Message, string NextStep);
