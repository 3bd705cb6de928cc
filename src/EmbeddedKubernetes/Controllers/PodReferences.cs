namespace EmbeddedKubernetes.Controllers;

/// <summary>Something a pod needs that is not there, and in whose place it is waited for.</summary>
/// <param name="Key">The object whose coming or change may end the trouble.</param>
/// <param name="Message">What the scheduler or the kubelet says of it.</param>
internal sealed record MissingReference(ObjectKey Key, string Message);

/// <summary>The secrets, config maps and claims a pod refers to. What is optional is never missing.</summary>
internal sealed class PodReferences(ClusterContext cluster)
{
    private readonly ResourceType _secrets = cluster.Type("v1", "Secret");
    private readonly ResourceType _configMaps = cluster.Type("v1", "ConfigMap");
    private readonly ResourceType _claims = cluster.Type("v1", "PersistentVolumeClaim");

    /// <summary>The first claim that keeps the scheduler from placing the pod.</summary>
    public MissingReference? UnboundClaim(JsonObject pod)
    {
        var ns = pod.Str("metadata", "namespace")!;
        foreach (var volume in pod.Obj("spec").Arr("volumes").Objects())
        {
            if (volume.Str("persistentVolumeClaim", "claimName") is not { } name)
            {
                continue;
            }
            var key = _claims.Key(ns, name);
            if (cluster.Store.Get(key) is not { } claim)
            {
                return new(key, $"persistentvolumeclaim \"{name}\" not found");
            }
            if (claim.Terminating)
            {
                return new(key, $"persistentvolumeclaim \"{name}\" is being deleted");
            }
            if (claim.Read().Str("status", "phase") != "Bound")
            {
                return new(key, "pod has unbound immediate PersistentVolumeClaims");
            }
        }
        return null;
    }

    /// <summary>The first volume that cannot be mounted.</summary>
    public MissingReference? UnmountableVolume(JsonObject pod)
    {
        var ns = pod.Str("metadata", "namespace")!;
        foreach (var volume in pod.Obj("spec").Arr("volumes").Objects())
        {
            var missing =
                volume.Obj("secret") is { } secret ? Mounted(_secrets, ns, secret, "secretName")
                : volume.Obj("configMap") is { } configMap ? Mounted(_configMaps, ns, configMap, "name")
                : volume
                    .Obj("projected")
                    .Arr("sources")
                    .Objects()
                    .Select(source =>
                        source.Obj("secret") is { } s ? Mounted(_secrets, ns, s, "name")
                        : source.Obj("configMap") is { } c ? Mounted(_configMaps, ns, c, "name")
                        : null
                    )
                    .FirstOrDefault(m => m is not null);
            if (missing is not null)
            {
                return missing with
                {
                    Message = $"MountVolume.SetUp failed for volume \"{volume.Str("name")}\" : {missing.Message}",
                };
            }
        }
        return null;
    }

    /// <summary>The first variable of a container that has no source.</summary>
    public MissingReference? UnsetVariable(JsonObject pod, JsonObject container)
    {
        var ns = pod.Str("metadata", "namespace")!;
        foreach (var source in container.Arr("envFrom").Objects())
        {
            if (
                (Whole(_configMaps, ns, source.Obj("configMapRef")) ?? Whole(_secrets, ns, source.Obj("secretRef"))) is
                { } missing
            )
            {
                return missing;
            }
        }
        foreach (var variable in container.Arr("env").Objects())
        {
            if (variable.Obj("valueFrom") is not { } from)
            {
                continue;
            }
            if (
                (
                    OneKey(_configMaps, ns, from.Obj("configMapKeyRef"), "ConfigMap")
                    ?? OneKey(_secrets, ns, from.Obj("secretKeyRef"), "Secret")
                ) is
                { } missing
            )
            {
                return missing;
            }
        }
        return null;
    }

    private MissingReference? Mounted(ResourceType type, string ns, JsonObject source, string nameField)
    {
        if (source.Flag("optional") || source.Str(nameField) is not { Length: > 0 } name)
        {
            return null;
        }
        if (Absent(type, ns, name) is { } absent)
        {
            return absent;
        }
        var items = source.Arr("items");
        if (items is null or { Count: 0 })
        {
            return null;
        }
        var key = type.Key(ns, name);
        var value = cluster.Read(key);
        var what = type == _secrets ? "secret" : "config";
        return items
            .Objects()
            .Select(i => i.Str("key") ?? "")
            .Where(k => !Has(value, k))
            .Select(k => new MissingReference(key, $"references non-existent {what} key: {k}"))
            .FirstOrDefault();
    }

    private MissingReference? Whole(ResourceType type, string ns, JsonObject? reference) =>
        reference is null || reference.Flag("optional") ? null : Absent(type, ns, reference.Str("name") ?? "");

    private MissingReference? OneKey(ResourceType type, string ns, JsonObject? reference, string kind)
    {
        if (reference is null || reference.Flag("optional"))
        {
            return null;
        }
        var name = reference.Str("name") ?? "";
        var wanted = reference.Str("key") ?? "";
        return Absent(type, ns, name)
            ?? (
                Has(cluster.Read(type.Key(ns, name)), wanted)
                    ? null
                    : new(type.Key(ns, name), $"couldn't find key {wanted} in {kind} {ns}/{name}")
            );
    }

    private MissingReference? Absent(ResourceType type, string ns, string name) =>
        cluster.Store.Get(type.Key(ns, name)) is null
            ? new(type.Key(ns, name), $"{type.Singular} \"{name}\" not found")
            : null;

    private static bool Has(JsonObject? value, string key) =>
        value.Obj("data")?.ContainsKey(key) == true || value.Obj("binaryData")?.ContainsKey(key) == true;
}
