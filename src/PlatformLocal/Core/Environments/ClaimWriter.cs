namespace PlatformLocal.Core.Environments;

/// <summary>Writes claims as JSON: the same claim is always the same text.</summary>
public static class ClaimWriter
{
    /// <summary>The claim as <see cref="ClaimReader"/> reads it.</summary>
    /// <param name="claim">The claim.</param>
    public static JsonObject Write(Claim claim)
    {
        var json = new JsonObject
        {
            ["user"] = claim.User,
            ["environment_pool"] = claim.EnvironmentPool,
            ["creation_date"] = Date(claim.CreationDate),
            ["environment_name"] = claim.EnvironmentName,
            ["environment_type"] = EnvironmentTypes.NameOf(claim.EnvironmentType),
            ["expiration_date"] = claim.ExpirationDate is { } expires ? Date(expires) : "never",
            ["services"] = new JsonObject(
                claim.Services.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)Service(s.Value)))
            ),
            ["deployment_method"] = claim.DeploymentMethod == DeploymentMethod.Git ? "git" : "minio",
        };
        AddIfSet(json, "git_repository", claim.GitRepository);
        AddIfSet(json, "branch", claim.Branch);
        json["variables"] = new JsonObject(claim.Variables.Select(v => KeyValuePair.Create(v.Key, (JsonNode?)v.Value)));
        json["use_dev_tags"] = claim.UseDevTags;
        AddIfSet(json, "isolation", claim.Isolation?.ToString().ToLowerInvariant());
        AddIfSet(json, "delivery", claim.Delivery is { } delivery ? DeliveryKinds.NameOf(delivery) : null);
        return json;
    }

    private static JsonNode Service(ServiceRequest service)
    {
        if (service.DockerImage is null && service.AnsibleArtifact is null)
        {
            return service.Version.Text;
        }

        var json = new JsonObject { ["version"] = service.Version.Text };
        AddIfSet(json, "docker_image", service.DockerImage);
        AddIfSet(json, "ansible_artifact", service.AnsibleArtifact);
        return json;
    }

    private static void AddIfSet(JsonObject json, string name, string? value)
    {
        if (value is not null)
        {
            json[name] = value;
        }
    }

    private static string Date(DateTimeOffset date) =>
        date.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture);
}
