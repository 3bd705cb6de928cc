namespace PlatformLocal.Platform.State;

/// <summary>Where the serving process of a platform is reached.</summary>
/// <param name="Address">The API's address, such as <c>http://127.0.0.1:41234</c>.</param>
/// <param name="ProcessId">The process; 0 when it runs in the cluster.</param>
/// <param name="Version">The version of its program.</param>
public sealed record EndpointDocument(Uri Address, int ProcessId, string Version);
