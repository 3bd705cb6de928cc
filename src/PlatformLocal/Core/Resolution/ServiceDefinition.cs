using PlatformLocal.Core.Versions;

namespace PlatformLocal.Core.Resolution;

/// <summary>Where the versions of a service are listed.</summary>
public enum VersionsFrom
{
    /// <summary>In the workspace's catalogue file.</summary>
    Catalogue,

    /// <summary>They are the tags of its image.</summary>
    Registry,

    /// <summary>They are the tags of its git repository.</summary>
    Git,
}

/// <summary>What a service says about itself in its <c>service.yaml</c>.</summary>
public sealed record ServiceDefinition
{
    /// <summary>Its name: a DNS label.</summary>
    public required string Name { get; init; }

    /// <summary>Its image without a tag; without a host it is in the workspace's registry.</summary>
    public required string Image { get; init; }

    /// <summary>The services it needs and which of their versions.</summary>
    public required IReadOnlyDictionary<string, VersionConstraint> DependsOn { get; init; }

    /// <summary>The folder with its manifests, relative to the folder of <c>service.yaml</c>.</summary>
    public required string Manifests { get; init; }

    /// <summary>The playbook that runs when it is deployed, relative to the folder of <c>service.yaml</c>.</summary>
    public string? Playbook { get; init; }

    /// <summary>The folder that <see cref="Playbook"/> is relative to, an absolute path, when it is not <see cref="Folder"/>.</summary>
    public string? PlaybookFolder { get; init; }

    /// <summary>What the playbook is pinned to, when it is not a part of what <see cref="Origin"/> names.</summary>
    public string? PlaybookOrigin { get; init; }

    /// <summary>Whether variables are filled in in its manifests.</summary>
    /// <value>They are unless set.</value>
    public bool Substitutes { get; init; } = true;

    /// <summary>Namespaces that its manifests were written for, and that stand for the environment's own.</summary>
    /// <value>None unless set.</value>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>
    /// Keys whose values the platform makes up once per environment, keeps in the secret store and delivers as the
    /// Secret <c>&lt;name&gt;-secrets</c>.
    /// </summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>How long it may take to become ready.</summary>
    /// <value>5 minutes unless set.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Where its versions are listed.</summary>
    /// <value>The catalogue file unless set.</value>
    public VersionsFrom VersionsFrom { get; init; }

    /// <summary>The git repository whose tags are its versions: an address or an absolute path.</summary>
    public string? Repository { get; init; }

    /// <summary>The folder with its manifests and its playbook, an absolute path; empty before they were fetched.</summary>
    public required string Folder { get; init; }

    /// <summary>
    /// What it was read from, with the commit or the digest that it is pinned to; <see langword="null"/> for a folder of
    /// the workspace.
    /// </summary>
    public string? Origin { get; init; }

    /// <summary>A definition of which only the name is known yet.</summary>
    /// <param name="name">The name.</param>
    public static ServiceDefinition Unread(string name) =>
        new()
        {
            Name = name,
            Image = "",
            DependsOn = new Dictionary<string, VersionConstraint>(),
            Manifests = "",
            Folder = "",
        };
}
