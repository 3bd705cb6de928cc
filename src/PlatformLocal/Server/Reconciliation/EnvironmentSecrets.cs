namespace PlatformLocal.Server.Reconciliation;

/// <summary>Where the secrets of environments are in the secret store.</summary>
internal static class EnvironmentSecrets
{
    public static string PrefixOf(string environment) => $"environments/{environment}/";

    /// <summary>The secrets that services need, as <c>web/KEY</c>.</summary>
    public static IReadOnlyList<string> PathsOf(IEnumerable<ServiceDefinition> services) =>
        [.. services.SelectMany(s => s.Secrets.Select(k => $"{s.Name}/{k}")).Order(StringComparer.Ordinal)];

    /// <summary>What the values of secrets are known by; empty when there are none.</summary>
    public static async Task<string> DigestOfAsync(
        EncryptedFileSecretStore store,
        string environment,
        IReadOnlyList<string> paths,
        CancellationToken cancellationToken
    )
    {
        if (paths.Count == 0)
        {
            return "";
        }

        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in paths)
        {
            var value = await store.GetOrCreateAsync(PrefixOf(environment) + path, cancellationToken);
            all.AppendData(Encoding.UTF8.GetBytes($"{path}\n{value}\n"));
        }

        return Convert.ToHexStringLower(all.GetHashAndReset());
    }

    /// <summary>The values of a service's secrets; made up at the first asking.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> OfAsync(
        EncryptedFileSecretStore store,
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
