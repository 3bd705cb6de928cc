namespace EmbeddedKubernetes.Admission;

/// <summary>Defaults of a pod's specification.</summary>
internal static class PodDefaults
{
    public static readonly string[] ContainerLists = ["initContainers", "containers", "ephemeralContainers"];

    public static void Apply(JsonObject spec)
    {
        foreach (var list in ContainerLists)
        {
            foreach (var container in spec.Arr(list).Objects())
            {
                Container(container, spec.Flag("hostNetwork"));
            }
        }
        foreach (var volume in spec.Arr("volumes").Objects())
        {
            if (volume.Count == 1 && volume.ContainsKey("name"))
            {
                volume["emptyDir"] = new JsonObject();
            }
        }
        if (spec.Str("serviceAccountName") is { Length: > 0 } account)
        {
            spec["serviceAccount"] = account;
        }
        else if (spec.Str("serviceAccount") is { Length: > 0 } old)
        {
            spec["serviceAccountName"] = old;
        }
    }

    /// <summary>What only a pod itself gets, not the template of one.</summary>
    public static void ApplyToPod(JsonObject spec)
    {
        spec["enableServiceLinks"] ??= true;
        foreach (var container in spec.Arr("containers").Objects())
        {
            var limits = container.Obj("resources").Obj("limits");
            if (limits is null)
            {
                continue;
            }
            var requests = container.Child("resources").Child("requests");
            foreach (var (name, value) in limits)
            {
                requests[name] ??= value?.DeepClone();
            }
        }
    }

    /// <summary>The tag of an image reference, with a digest or not; <c>latest</c> when it has neither tag nor digest.</summary>
    public static string Tag(string image)
    {
        var at = image.IndexOf('@', StringComparison.Ordinal);
        var name = at < 0 ? image : image[..at];
        var colon = name.LastIndexOf(':');
        return colon > name.LastIndexOf('/') ? name[(colon + 1)..]
            : at < 0 ? "latest"
            : "";
    }

    private static void Container(JsonObject container, bool hostNetwork)
    {
        if (container.Str("image") is { Length: > 0 } image && container["imagePullPolicy"] is null)
        {
            container["imagePullPolicy"] = Tag(image) == "latest" ? "Always" : "IfNotPresent";
        }
        if (!hostNetwork)
        {
            return;
        }
        foreach (var port in container.Arr("ports").Objects())
        {
            port["hostPort"] ??= port["containerPort"]?.DeepClone();
        }
    }
}
