using System.Text.Json.Nodes;
using PlatformLocal.Core.Documents;
using PlatformLocal.Core.Resolution;

namespace PlatformLocal.Server.Environments;

/// <summary>A lock that comes with a payload, to which the deployment is held.</summary>
internal static class GivenLock
{
    private const string Property = "lock";

    /// <summary>Takes the lock out of a payload.</summary>
    /// <returns>The payload without it, and the lock; <see langword="null"/> when there is none.</returns>
    /// <exception cref="InvalidDocumentException">It is no lock, or one of another environment.</exception>
    public static (JsonObject Payload, EnvironmentLock? Lock) Take(JsonObject payload)
    {
        if (!payload.TryGetPropertyValue(Property, out var value))
        {
            return (payload, null);
        }

        var rest = (JsonObject)payload.DeepClone();
        rest.Remove(Property);
        if (value is not JsonObject source || source["services"] is not JsonObject services)
        {
            throw Refuse("", "is no lock: it has no services");
        }

        var given = EnvironmentLock.Read(source);
        if (services.FirstOrDefault(s => !given.Services.ContainsKey(s.Key)) is { Key: { } unread })
        {
            throw Refuse($".services.{unread}", "has no version that can be read");
        }

        var name = payload["environment_name"]?.ToString();
        return given.EnvironmentName == name
            ? (rest, given)
            : throw Refuse(
                ".environment_name",
                $"is '{given.EnvironmentName}', and the claim is of '{name}': a lock holds for its environment alone"
            );
    }

    private static InvalidDocumentException Refuse(string path, string message) =>
        new("the lock", [new Fault(Property + path, message)]);
}
