using PlatformLocal.Deployment.Registries;

namespace PlatformLocal.Deployment.Workspaces;

/// <summary>What a workspace lets claims do.</summary>
internal sealed record ClaimRules
{
    /// <summary>How long the claim of an environment may be away until that is removed.</summary>
    /// <value>30 s unless set.</value>
    public TimeSpan GracePeriod { get; init; } = Workspace.DefaultGracePeriod;

    /// <summary>Whether a claim may name a playbook of its own, which then runs on the machine that serves the platform.</summary>
    /// <value>No unless set.</value>
    public bool AllowsPlaybooks { get; init; }

    /// <summary>Registries, and repositories with all below them, that images and playbooks of claims may come from.</summary>
    /// <value>None beside the workspace's own unless set.</value>
    public IReadOnlyList<string> Registries { get; init; } = [];

    /// <summary>Refuses what a claim brings along from where the workspace does not name.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="workspace">The workspace, whose registry and sources are named anyway.</param>
    /// <param name="imageOf">The image in a service's definition, if there is one.</param>
    /// <exception cref="InvalidDocumentException">Something is from elsewhere, or a playbook where none may be; carries every fault.</exception>
    public static void Require(Claim claim, Workspace workspace, Func<string, string?> imageOf)
    {
        string[] named =
        [
            workspace.Registry,
            .. workspace.ServiceSources.OfType<ArtifactServiceSource>().Select(source => source.Registry),
            .. workspace.Claims.Registries,
        ];
        var faults = new List<Fault>();
        foreach (var (service, asked) in claim.Services)
        {
            if (asked.DockerImage is { } image)
            {
                // The image of the definition itself in another version is no other place.
                Check($"services.{service}.docker_image", image, [.. named, .. ImageOf(service)]);
            }

            if (asked.AnsibleArtifact is { } artifact)
            {
                var path = $"services.{service}.ansible_artifact";
                if (!workspace.Claims.AllowsPlaybooks)
                {
                    faults.Add(
                        new Fault(
                            path,
                            "is not allowed: it would run on the machine that serves the platform; "
                                + $"spec.claims.playbooks: true in {Workspace.FileName} allows it"
                        )
                    );
                }

                Check(path, artifact, named);
            }
        }

        if (faults.Count > 0)
        {
            throw new InvalidDocumentException($"The claim of {claim.EnvironmentName}", faults);
        }

        IEnumerable<string> ImageOf(string service) =>
            imageOf(service) is { Length: > 0 } own ? [ImageName.WithHost(own, workspace.Registry)] : [];

        void Check(string path, string name, IReadOnlyList<string> places)
        {
            var asked = ImageName.Parse(ImageName.WithHost(name, workspace.Registry)).Repository.ToString();
            if (!RepositoryName.TryParse(asked, out _))
            {
                faults.Add(
                    new Fault(path, $"'{name}' is no name in a registry, such as localhost:5001/shop/web:1.2.0")
                );
            }
            else if (!places.Any(place => IsBelow(asked, place)))
            {
                faults.Add(
                    new Fault(
                        path,
                        $"'{name}' is from {asked}, which the workspace does not name; it names "
                            + $"{string.Join(", ", places.Distinct(StringComparer.Ordinal))}, and "
                            + $"spec.claims.registries in {Workspace.FileName} adds others"
                    )
                );
            }
        }
    }

    private static bool IsBelow(string repository, string place) =>
        repository.Equals(place, StringComparison.OrdinalIgnoreCase)
        || repository.StartsWith(place.TrimEnd('/') + "/", StringComparison.OrdinalIgnoreCase);
}
