using PlatformLocal.Core.Resolution;
using PlatformLocal.Deployment.Secrets;

namespace PlatformLocal.Server.Reconciliation;

/// <summary>Where the secrets of environments are in the secret store.</summary>
internal static class EnvironmentSecrets
{
    public static string PrefixOf(string environment) => $"environments/{environment}/";

    /// <summary>The values of a service's secrets; made up at the first asking.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> OfAsync(
        ISecretStore store,
        string environment,
        ServiceDefinition service,
        CancellationToken cancellationToken
    )
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in service.Secrets)
        {
            var path = $"{PrefixOf(environment)}{service.Name}/{key}";
            values[key] = await store.GetOrCreateAsync(path, cancellationToken);
        }

        return values;
    }
}
