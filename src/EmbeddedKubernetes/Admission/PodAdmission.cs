namespace EmbeddedKubernetes.Admission;

/// <summary>What a new pod takes from the objects it names, and its refusal when they are not there.</summary>
internal static class PodAdmission
{
    private const string PriorityClasses = "priorityclasses.scheduling.k8s.io";

    /// <summary>Resources whose coming may let in a pod that was refused.</summary>
    public static readonly string[] Resources = ["serviceaccounts.", PriorityClasses, "runtimeclasses.node.k8s.io"];

    /// <exception cref="ApiException">Its service account, priority class or runtime class is missing.</exception>
    public static void Admit(ResourceType type, JsonObject pod, ObjectStore store)
    {
        var spec = pod.Child("spec");
        var name = pod.Str("metadata", "generateName") ?? pod.Str("metadata", "name") ?? "";
        if (Refusal(spec, pod.Str("metadata", "namespace") ?? "", store) is { } why)
        {
            throw ApiException.Forbidden(type, name, why);
        }
    }

    private static string? Refusal(JsonObject spec, string ns, ObjectStore store) =>
        TakeAccount(spec, ns, store) ?? TakePriority(spec, store) ?? TakeRuntime(spec, store);

    private static string? TakeAccount(JsonObject spec, string ns, ObjectStore store)
    {
        var name = spec.Str("serviceAccountName") is { Length: > 0 } named ? named : "default";
        spec["serviceAccountName"] = name;
        spec["serviceAccount"] = name;
        var account = store.Get(new("serviceaccounts.", ns, name));
        if (account is null)
        {
            // Every namespace has one of that name, or is about to get it.
            return name == "default"
                ? null
                : $"error looking up service account {ns}/{name}: serviceaccount \"{name}\" not found";
        }
        if (
            spec.Arr("imagePullSecrets") is null or { Count: 0 }
            && account.Json.AsSpan().IndexOf("\"imagePullSecrets\""u8) >= 0
            && account.Read()["imagePullSecrets"] is JsonArray { Count: > 0 } secrets
        )
        {
            spec["imagePullSecrets"] = secrets.DeepClone();
        }
        return null;
    }

    private static string? TakePriority(JsonObject spec, ObjectStore store)
    {
        var name = spec.Str("priorityClassName");
        var found = string.IsNullOrEmpty(name)
            ? store.List(PriorityClasses).FirstOrDefault(c => c.Json.AsSpan().IndexOf("\"globalDefault\":true"u8) >= 0)
            : store.Get(new(PriorityClasses, "", name));
        if (found is null && !string.IsNullOrEmpty(name))
        {
            return $"no PriorityClass with name {name} was found";
        }
        var priorityClass = found?.Read();
        var priority = priorityClass.Long("value") ?? 0;
        if (spec.Long("priority") is { } sent && sent != priority)
        {
            return $"the integer value of priority ({sent}) must not be provided in pod spec; priority admission controller computed {priority} from the given PriorityClass name";
        }
        spec["priority"] = priority;
        spec.Put("priorityClassName", found?.Key.Name);
        spec["preemptionPolicy"] ??= priorityClass.Str("preemptionPolicy") ?? "PreemptLowerPriority";
        return null;
    }

    private static string? TakeRuntime(JsonObject spec, ObjectStore store)
    {
        if (spec.Str("runtimeClassName") is not { Length: > 0 } name)
        {
            return null;
        }
        if (store.Get(new("runtimeclasses.node.k8s.io", "", name))?.Read() is not { } runtime)
        {
            return $"pod rejected: RuntimeClass \"{name}\" not found";
        }
        if (runtime.At("overhead", "podFixed") is { } overhead)
        {
            spec["overhead"] = overhead.DeepClone();
        }
        foreach (var (label, value) in runtime.Obj("scheduling").Obj("nodeSelector") ?? [])
        {
            spec.Child("nodeSelector")[label] = value?.DeepClone();
        }
        return null;
    }
}
