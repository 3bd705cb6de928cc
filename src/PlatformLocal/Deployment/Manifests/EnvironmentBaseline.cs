namespace PlatformLocal.Deployment.Manifests;

/// <summary>What the namespace of every environment has: network policies, a quota and small requests for those that make none.</summary>
public static class EnvironmentBaseline
{
    /// <summary>The labels of Pod Security that the namespace gets.</summary>
    public static IReadOnlyDictionary<string, string> NamespaceLabels { get; } =
        new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["pod-security.kubernetes.io/audit"] = "restricted",
            ["pod-security.kubernetes.io/enforce"] = "baseline",
            ["pod-security.kubernetes.io/warn"] = "restricted",
        };

    /// <summary>The objects of an environment, without their namespace.</summary>
    /// <param name="type">What the type of environment means here; its quotas replace those of the files.</param>
    public static IReadOnlyList<JsonObject> Objects(EnvironmentTypeDefaults type)
    {
        List<JsonObject> objects = [.. Read("network-policies"), .. Read(EnvironmentTypes.NameOf(type.Type))];
        var hard = objects.Single(o => o.Text("kind") == "ResourceQuota").Child("spec").Child("hard")!;
        foreach (var (resource, quantity) in type.Quotas)
        {
            if (quantity == EnvironmentTypeDefaults.Unlimited)
            {
                hard.Remove(resource);
            }
            else
            {
                hard[resource] = quantity;
            }
        }

        return objects;
    }

    private static IEnumerable<JsonObject> Read(string file)
    {
        using var stream = typeof(EnvironmentBaseline).Assembly.GetManifestResourceStream($"environments/{file}.yaml")!;
        using var reader = new StreamReader(stream);
        return YamlText.ParseAll(reader.ReadToEnd(), file + ".yaml").Select(d => d.Root.AsObject()).ToList();
    }
}
