using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace PlatformLocal.Deployment.Registries;

/// <summary>A repository of a registry.</summary>
/// <param name="Host">The registry's host, with the port if it has one.</param>
/// <param name="Path">The repository's path in it, such as <c>docker-releases/user-service</c>.</param>
public sealed partial record RepositoryName(string Host, string Path)
{
    private const string DockerHub = "registry-1.docker.io";

    /// <summary>Where the registry's API is: over plain HTTP on this machine only.</summary>
    public Uri Address => new($"{(IsThisMachine ? "http" : "https")}://{(Host == "docker.io" ? DockerHub : Host)}/");

    /// <summary>Whether the registry is on this machine, by its name.</summary>
    public bool IsThisMachine =>
        Host.Split(':')[0] is "localhost"
        || Host.StartsWith("127.", StringComparison.Ordinal)
        || Host.StartsWith("[::1]", StringComparison.Ordinal);

    /// <summary>Reads a name with its host, as it stands before the tag of an image.</summary>
    /// <param name="text">The text, such as <c>localhost:5001/docker-releases/user-service</c>.</param>
    /// <exception cref="PlatformException">It is no such name.</exception>
    public static RepositoryName Parse(string text)
    {
        return TryParse(text, out var name)
            ? name
            : throw new PlatformException(
                FailureKind.InvalidInput,
                $"'{text}' is no repository of a registry.",
                "Write host/path, such as localhost:5001/docker-releases/user-service."
            );
    }

    /// <summary>Reads a name with its host, or says that the text is none.</summary>
    internal static bool TryParse(string text, [NotNullWhen(true)] out RepositoryName? name)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var isOne = slash > 0 && HostSyntax().IsMatch(text[..slash]) && IsPath(text[(slash + 1)..]);
        name = isOne ? new RepositoryName(text[..slash], text[(slash + 1)..]) : null;
        return name is not null;
    }

    /// <summary>Stands for the list of all repositories of a registry.</summary>
    internal static RepositoryName CatalogOf(string host) => new(host, "");

    /// <summary>Whether a text can be the path of a repository.</summary>
    internal static bool IsPath(string text) => PathSyntax().IsMatch(text);

    /// <inheritdoc/>
    public override string ToString() => $"{Host}/{Path}";

    [GeneratedRegex(
        @"^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex HostSyntax();

    // The distribution specification's grammar of names.
    [GeneratedRegex(
        "^[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex PathSyntax();
}
