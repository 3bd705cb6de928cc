namespace PlatformLocal.Deployment.Registries;

/// <summary>What somebody logs in to a registry with.</summary>
/// <param name="User">The user's name; empty with a token.</param>
/// <param name="Password">The password.</param>
/// <param name="IdentityToken">A token that stands for user and password; <see langword="null"/> without one.</param>
internal sealed record RegistryCredential(string User, string Password, string? IdentityToken)
{
    /// <summary>Never shows what is secret.</summary>
    public override string ToString() => $"{User} (secret)";
}

/// <summary>Finds credentials where <c>docker login</c> left them: in its configuration, or with a helper.</summary>
internal sealed class RegistryCredentials(ProgramRunner programs, RegistryOptions options)
{
    private const string DockerHubKey = "https://index.docker.io/v1/";
    private static readonly TimeSpan s_helperLimit = TimeSpan.FromSeconds(20);

    /// <summary>The credential of a host; <see langword="null"/> when there is none.</summary>
    /// <exception cref="PlatformException">The configuration cannot be read, or the helper fails.</exception>
    public async Task<RegistryCredential?> FindAsync(string host, CancellationToken cancellationToken)
    {
        var file = Path.Combine(options.DockerFolder, "config.json");
        if (!File.Exists(file))
        {
            return null;
        }

        JsonObject configuration;
        try
        {
            configuration = JsonNode.Parse(await File.ReadAllTextAsync(file, cancellationToken)) as JsonObject ?? [];
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            var why = e is JsonException fault ? JsonText.FaultOf(fault) : e.Message;
            throw new PlatformException($"{file} cannot be read: {why}", "Put it right, or log in again.");
        }

        var key = host == "docker.io" ? DockerHubKey : host;
        var helper = (string?)configuration["credHelpers"]?[key] ?? (string?)configuration["credsStore"];
        if (helper is not null && await AskHelperAsync(helper, key, cancellationToken) is { } found)
        {
            return found;
        }

        return configuration["auths"] is JsonObject auths ? FromAuths(auths, key, file) : null;
    }

    private async Task<RegistryCredential?> AskHelperAsync(
        string helper,
        string key,
        CancellationToken cancellationToken
    )
    {
        var result = await programs.RunAnyAsync(
            new ProgramCommand
            {
                Program = $"docker-credential-{helper}",
                Arguments = ["get"],
                StandardInput = key,
                Timeout = s_helperLimit,
                InstallHint = "Install the helper that Docker's config.json names, or log in anew without it.",
            },
            cancellationToken
        );
        if (result.ExitCode != 0)
        {
            // Helpers say on standard output that they have nothing; anything else is a failure.
            return result.Output.Contains("credentials not found", StringComparison.OrdinalIgnoreCase)
                ? null
                : throw new PlatformException(
                    $"docker-credential-{helper} failed for {key} with exit code {result.ExitCode}.",
                    $"Log in again: {ShellCommand.Of("docker", "login", key)}"
                );
        }

        var answer = JsonNode.Parse(result.Output);
        var (user, secret) = ((string?)answer?["Username"] ?? "", (string?)answer?["Secret"] ?? "");
        return user == "<token>" ? new RegistryCredential("", "", secret) : new RegistryCredential(user, secret, null);
    }

    private static RegistryCredential? FromAuths(JsonObject auths, string key, string file)
    {
        var entry = auths[key] ?? auths[$"https://{key}"] ?? auths[$"http://{key}"];
        if ((string?)entry?["identitytoken"] is { Length: > 0 } token)
        {
            return new RegistryCredential("", "", token);
        }

        if ((string?)entry?["auth"] is not { Length: > 0 } encoded)
        {
            return null;
        }

        var buffer = new byte[encoded.Length];
        var decoded = Convert.TryFromBase64String(encoded, buffer, out var length)
            ? Encoding.UTF8.GetString(buffer, 0, length).TrimEnd('\0')
            : "";
        return decoded.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon
            ? new RegistryCredential(decoded[..colon], decoded[(colon + 1)..], null)
            : throw new PlatformException(
                $"The entry of {key} in {file} is no user and password.",
                $"Log in again: {ShellCommand.Of("docker", "login", key)}"
            );
    }
}
