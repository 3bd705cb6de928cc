using Microsoft.AspNetCore.Mvc;

namespace PlatformLocal.Server.Endpoints;

/// <summary>What a request says beside its body: the short way of saying what a <see cref="DeployRequest"/> has as fields.</summary>
internal sealed record DeployQuery
{
    /// <summary>Leave the type's own services out.</summary>
    [FromQuery(Name = "deployOnlySpecified")]
    public bool? DeployOnlySpecified { get; init; }

    /// <summary>Prefer development builds.</summary>
    [FromQuery(Name = "useDevTags")]
    public bool? UseDevTags { get; init; }

    /// <summary>Who asks; owns an environment that is new and names no user.</summary>
    [FromQuery(Name = "user")]
    public string? User { get; init; }

    /// <summary>Names of services, joined by commas, that become as new as the claim lets them; <c>*</c> for all.</summary>
    [FromQuery(Name = "upgrade")]
    public string? Upgrade { get; init; }

    /// <summary>The number in the history that the environment is put back to.</summary>
    [FromQuery(Name = "rollback")]
    public int? Rollback { get; init; }

    /// <summary>Refuse when anything would differ from the lock.</summary>
    [FromQuery(Name = "locked")]
    public bool? Locked { get; init; }

    /// <summary>Use only versions that were fetched before.</summary>
    [FromQuery(Name = "offline")]
    public bool? Offline { get; init; }

    /// <summary>Only say what would change.</summary>
    [FromQuery(Name = "dryRun")]
    public bool? DryRun { get; init; }

    /// <summary>The whole request: of a body with a claim among its fields, or of one that is the claim.</summary>
    /// <param name="body">The body.</param>
    /// <param name="name">The environment that the address names; <see langword="null"/> when it names none.</param>
    /// <exception cref="InvalidDocumentException">The body is neither, or of another environment.</exception>
    public DeployRequest With(JsonObject body, string? name)
    {
        var request = body.ContainsKey("claim") ? Read(body) : new DeployRequest { Claim = body };
        request = request with
        {
            DeployOnlySpecified = DeployOnlySpecified ?? request.DeployOnlySpecified,
            UseDevTags = UseDevTags ?? request.UseDevTags,
            User = User is { Length: > 0 } ? User : request.User,
            Upgrade = Upgrade is null
                ? request.Upgrade
                : Upgrade.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            Rollback = Rollback ?? request.Rollback,
            Locked = Locked ?? request.Locked,
            Offline = Offline ?? request.Offline,
            DryRun = DryRun ?? request.DryRun,
        };
        if (name is not null)
        {
            request.Claim["environment_name"] ??= name;
            if (request.Claim["environment_name"]?.ToString() is { } other && other != name)
            {
                throw new InvalidDocumentException(
                    "the claim",
                    [new Fault("environment_name", $"is '{other}', and the address names '{name}'")]
                );
            }
        }

        return request;
    }

    private static DeployRequest Read(JsonObject body)
    {
        var faults = new List<Fault>();
        var reader = new ObjectReader(body, faults);
        var request = new DeployRequest
        {
            Claim = reader.ObjectNode("claim", required: true) ?? [],
            Lock = reader.ObjectNode("lock"),
            DeployOnlySpecified = reader.Boolean("deploy_only_specified") ?? false,
            UseDevTags = reader.Boolean("use_dev_tags") ?? false,
            Upgrade = reader.Texts("upgrade"),
            Locked = reader.Boolean("locked") ?? false,
            Offline = reader.Boolean("offline") ?? false,
            Rollback = reader.Number("rollback") ?? 0,
            DryRun = reader.Boolean("dry_run") ?? false,
        };
        request = reader.Text("user") is { Length: > 0 } user ? request with { User = user } : request;
        reader.RefuseOthers();
        return faults.Count == 0 ? request : throw new InvalidDocumentException("the request", faults);
    }
}
