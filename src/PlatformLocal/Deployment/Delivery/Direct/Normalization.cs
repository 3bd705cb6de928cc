namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>Puts objects into the form that server-side apply handles well on every version of Kubernetes.</summary>
internal static class Normalization
{
    private static readonly string[] s_serverFields =
    [
        "managedFields",
        "resourceVersion",
        "uid",
        "creationTimestamp",
        "generation",
        "selfLink",
    ];

    public static void Apply(JsonObject content)
    {
        foreach (string field in s_serverFields)
        {
            content.Metadata()!.Remove(field);
        }
        switch (ApiGroup.Of(content.Text("apiVersion")!), content.Text("kind"))
        {
            case ("apiextensions.k8s.io", "CustomResourceDefinition"):
                // Generators leave an empty status in definitions; it belongs to the server.
                content.Remove("status");
                break;
            case ("", "Secret"):
                EncodeSecret(content);
                break;
            case ("", "Service"):
                FillProtocols(content.Child("spec"));
                break;
            case ("", "Pod"):
                FillPod(content.Child("spec"));
                break;
            case ("apps" or "batch", "CronJob"):
                FillPod(content.Child("spec").Child("jobTemplate").Child("spec").Child("template").Child("spec"));
                break;
            case ("apps" or "batch", _):
                FillPod(content.Child("spec").Child("template").Child("spec"));
                break;
        }
    }

    /// <summary><c>stringData</c> is only ever written, never owned: a key that is dropped from it would stay for ever.</summary>
    private static void EncodeSecret(JsonObject secret)
    {
        // What is no text is the server's to refuse: it must not become an empty one.
        if (
            secret.Child("stringData") is not { } texts
            || texts.Any(t => t.Value is not null && t.Value.GetValueKind() != JsonValueKind.String)
        )
        {
            return;
        }
        JsonObject data = secret.Child("data") ?? [];
        foreach ((string key, _) in texts)
        {
            data[key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(texts.Text(key) ?? ""));
        }
        secret.Remove("stringData");
        secret["data"] = data.Parent is null ? data : data.DeepClone();
    }

    private static void FillPod(JsonObject? pod)
    {
        foreach (JsonObject container in pod.Items("containers").Concat(pod.Items("initContainers")))
        {
            FillProtocols(container);
        }
    }

    /// <summary>Lists of ports are merged by port and protocol, and servers before 1.21 do not fill in the protocol first.</summary>
    private static void FillProtocols(JsonObject? owner)
    {
        foreach (JsonObject port in owner.Items("ports"))
        {
            port.TryAdd("protocol", "TCP");
        }
    }
}
