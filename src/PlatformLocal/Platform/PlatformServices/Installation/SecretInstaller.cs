using PlatformLocal.Platform.PlatformServices.Secrets;

namespace PlatformLocal.Platform.PlatformServices.Installation;

/// <summary>Fills Secrets: what is there is never changed, what is missing is made up.</summary>
internal sealed class SecretInstaller(KubernetesClient client, Action<string> report)
{
    // Each try lost means that somebody else wrote the Secret meanwhile.
    private const int MaximumTries = 5;

    /// <summary>Makes sure that a service's Secrets have all their keys.</summary>
    public async Task EnsureAsync(PlatformService service, CancellationToken cancellationToken)
    {
        foreach (var secret in service.Secrets)
        {
            await EnsureAsync(service.Name, secret, cancellationToken);
        }
    }

    private async Task EnsureAsync(string service, GeneratedSecret secret, CancellationToken cancellationToken)
    {
        var reference = ReferenceTo(secret.Name);
        for (int tries = 1; ; tries++)
        {
            var found = await client.FindAsync(reference, cancellationToken);
            var missing = secret.Values.Where(v => found.Child("data").Text(v.Key) is null).ToList();
            if (missing.Count == 0)
            {
                return;
            }

            var data = await MakeAsync(secret, found, missing, cancellationToken);
            try
            {
                if (found is null)
                {
                    var made = reference.ToObject(("type", "Opaque"), ("data", data));
                    await client.CreateAsync(ServiceLabels.Put(service, made), null, cancellationToken);
                    report($"made up the Secret {secret.Name}");
                }
                else
                {
                    var change = new JsonObject
                    {
                        ["metadata"] = new JsonObject { ["resourceVersion"] = found.ResourceVersion() },
                        ["data"] = data,
                    };
                    await client.PatchAsync(reference, PatchKind.Merge, change, null, cancellationToken);
                    report($"added {string.Join(", ", missing.Select(m => m.Key))} to the Secret {secret.Name}");
                }

                return;
            }
            catch (KubernetesException e) when ((e.IsAlreadyExists || e.IsConflict) && tries < MaximumTries)
            {
                // Somebody else wrote it meanwhile: what they wrote stands.
            }
        }
    }

    private async Task<JsonObject> MakeAsync(
        GeneratedSecret secret,
        JsonObject? found,
        List<(string Key, SecretValue Value)> missing,
        CancellationToken cancellationToken
    )
    {
        var known = new Dictionary<string, JsonObject?>(StringComparer.Ordinal);
        foreach (string other in secret.Uses.Where(u => u != secret.Name))
        {
            known[other] = (await client.GetAsync(ReferenceTo(other), cancellationToken)).Child("data");
        }

        var made = new JsonObject();
        foreach (var (key, value) in missing)
        {
            made[key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(value.Make(Find)));
        }

        return made;

        string Find(string name, string key)
        {
            string? encoded =
                name == secret.Name ? made.Text(key) ?? found.Child("data").Text(key) : known[name].Text(key);
            return encoded is not null
                ? Encoding.UTF8.GetString(Convert.FromBase64String(encoded))
                : throw new PlatformException(
                    $"The Secret {PlatformService.Namespace}/{name} has no key {key}, which {secret.Name} needs.",
                    $"Add the key, or remove the Secret {name} to have it made anew."
                );
        }
    }

    private static ObjectReference ReferenceTo(string name) => new("v1", "Secret", PlatformService.Namespace, name);
}
