using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Deployment.Manifests;
using PlatformLocal.Kubernetes.Readiness;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Platform.Diagnostics;

namespace PlatformLocal.Platform.PlatformServices.PlatformApi;

/// <summary>The Platform API as pods in a platform's cluster.</summary>
/// <param name="client">The cluster.</param>
/// <param name="time">The clock of waits.</param>
public sealed class PlatformApiInstallation(KubernetesClient client, TimeProvider time)
{
    /// <summary>The port on every node that leads to the API.</summary>
    public const int NodePort = KindDefaults.PlatformApiPort;

    /// <summary>Where the platform's own parts are.</summary>
    public const string Namespace = "platform-system";

    /// <summary>The variable with the object store's address; without it claims are kept on the API's own volume.</summary>
    public const string EndpointVariable = "PLATFORM_S3_ENDPOINT";

    /// <summary>The variable with the object store's access key.</summary>
    public const string AccessKeyVariable = "PLATFORM_S3_ACCESS_KEY";

    /// <summary>The variable with the object store's secret key.</summary>
    public const string SecretKeyVariable = "PLATFORM_S3_SECRET_KEY";

    /// <summary>The variable that says how environments are delivered; without it the workspace says so.</summary>
    public const string DeliveryVariable = "PLATFORM_DELIVERY";

    private const string Name = "platform-api";
    private const string PolicyVersion = "admissionregistration.k8s.io/v1";
    private const string PolicyKind = "ValidatingAdmissionPolicy";

    /// <summary>How the API delivers with the rights that its pods have.</summary>
    public static DirectDeliveryOptions Delivery { get; } =
        new()
        {
            Account = new DeliveryAccount(Namespace, Name, "platform-environment"),
            TrialNamespace = "platform-trials",
        };

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(300);

    // An image that just was not there yet is pulled anew after ten seconds.
    private static readonly TimeSpan ImagePatience = TimeSpan.FromSeconds(25);

    /// <summary>Applies the objects and waits until every replica serves this image.</summary>
    /// <param name="platform">The platform's name.</param>
    /// <param name="image">The image.</param>
    /// <param name="token">The bearer token of the API.</param>
    /// <param name="objectStore">Where claims are kept; <see langword="null"/> for the API's own volume.</param>
    /// <param name="delivery">How environments are delivered; <see langword="null"/> when the workspace says so.</param>
    /// <param name="timeout">The longest wait.</param>
    /// <param name="report">Is told what is waited for.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="PlatformException">The cluster refuses, or the API is not ready in time: says what its pods say.</exception>
    internal async Task EnsureAsync(
        string platform,
        string image,
        string token,
        ObjectStoreAccess? objectStore,
        string? delivery,
        TimeSpan timeout,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        var write = new WriteOptions { Force = true };
        await client.ApplyAsync(
            new ObjectReference("v1", "Namespace", null, Namespace).ToObject(),
            write,
            cancellationToken
        );
        await client.ApplyAsync(TokenSecret(token), write, cancellationToken);
        foreach (var item in Objects(platform, image, objectStore, delivery))
        {
            // Clusters before Kubernetes 1.21 have no such budget, those before 1.30 no such policies.
            if (
                item.Text("kind") is not ("PodDisruptionBudget" or PolicyKind or $"{PolicyKind}Binding")
                || await client.Resources.FindAsync(item.Text("apiVersion")!, item.Text("kind")!, cancellationToken)
                    is not null
            )
            {
                await client.ApplyAsync(item, write, cancellationToken);
            }
        }

        if (await client.Resources.FindAsync(PolicyVersion, PolicyKind, cancellationToken) is null)
        {
            report(
                $"nothing keeps the Platform API to the namespaces of environments: that takes Kubernetes {Doctor.PoliciesSince} or newer"
            );
        }

        await WaitAsync(timeout, report, cancellationToken);
    }

    /// <summary>The objects, without the secret token.</summary>
    internal static IReadOnlyList<JsonObject> Objects(
        string platform,
        string image,
        ObjectStoreAccess? objectStore,
        string? delivery = null
    )
    {
        const string name = "PlatformServices.PlatformApi.platform-api.yaml";
        var texts = new Dictionary<string, string> { ["PLATFORM"] = platform, ["IMAGE"] = image };
        var text = new Substitution(texts).Apply(EmbeddedFiles.Read(name));
        JsonObject[] objects = [.. EmbeddedFiles.Objects(text, name).Select(Labelled)];
        var container = objects
            .Single(o => o.Text("kind") == "Deployment")
            .Child("spec")
            .Child("template")
            .Child("spec")
            .Items("containers")
            .Single();
        var variables = container["env"]!.AsArray();
        if (delivery is not null)
        {
            variables.Add((JsonNode)new JsonObject { ["name"] = DeliveryVariable, ["value"] = delivery });
        }

        if (objectStore is not null)
        {
            JsonNode address = new JsonObject
            {
                ["name"] = EndpointVariable,
                ["value"] = objectStore.Endpoint.ToString(),
            };
            variables.Add(address);
            variables.Add(FromSecret(AccessKeyVariable, objectStore.Secret, objectStore.AccessKey));
            variables.Add(FromSecret(SecretKeyVariable, objectStore.Secret, objectStore.SecretKey));
        }

        return objects;
    }

    private static JsonNode FromSecret(string name, string secret, string key) =>
        new JsonObject
        {
            ["name"] = name,
            ["valueFrom"] = new JsonObject
            {
                ["secretKeyRef"] = new JsonObject { ["name"] = secret, ["key"] = key },
            },
        };

    private static JsonObject Labelled(JsonObject item)
    {
        var metadata = item["metadata"]!.AsObject();
        var labels = metadata["labels"] as JsonObject ?? [];
        labels["app.kubernetes.io/managed-by"] = "platform-local";
        labels["app.kubernetes.io/name"] = Name;
        metadata["labels"] = labels;
        return item;
    }

    private static JsonObject TokenSecret(string token) =>
        Labelled(
            new ObjectReference("v1", "Secret", Namespace, "platform-api-token").ToObject(
                ("type", "Opaque"),
                ("data", new JsonObject { ["token"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(token)) })
            )
        );

    private async Task WaitAsync(TimeSpan timeout, Action<string> report, CancellationToken cancellationToken)
    {
        var reference = new ObjectReference("apps/v1", "Deployment", Namespace, Name);
        long started = time.GetTimestamp();
        IReadOnlyList<string> trouble = [];
        var poll = new Poll("the Platform API", LookInterval, timeout, time) { Report = report, Failure = Failed };
        await poll.UntilAsync(
            async stop =>
            {
                var found = await client.FindAsync(reference, stop);
                var now = found is null ? ObjectReadiness.InProgress("is not there yet") : ReadinessRules.Of(found);
                if (now.IsCurrent)
                {
                    return null;
                }

                trouble = await PodTroubleAsync(stop);
                bool isHopeless = trouble.Count > 0 && time.GetElapsedTime(started) > ImagePatience;
                return isHopeless ? throw Failed(now.Message) : now.Message;
            },
            cancellationToken
        );

        PlatformException Failed(string reason) =>
            new(
                FailureKind.NotReadyInTime,
                $"{reference} is not ready after {time.GetElapsedTime(started).TotalSeconds:0} s: {reason}"
                    + string.Concat(trouble.Select(t => $"\n  {t}")),
                $"See its pods: {ShellCommand.Kubectl(Namespace, "describe", "pods", "--selector", $"app.kubernetes.io/name={Name}")}"
            );
    }

    private async Task<IReadOnlyList<string>> PodTroubleAsync(CancellationToken cancellationToken)
    {
        var pods = await client.ListAsync(
            "v1",
            "Pod",
            Namespace,
            new ListOptions { LabelSelector = $"app.kubernetes.io/name={Name}" },
            cancellationToken
        );
        return
        [
            .. pods.Items.SelectMany(pod =>
                pod.Child("status")
                    .Items("containerStatuses")
                    .Select(c => c.Child("state").Child("waiting"))
                    .Where(w => w.Text("reason") is not (null or "ContainerCreating" or "PodInitializing"))
                    .Select(w =>
                        $"{pod.Metadata().Text("name")} on {pod.Child("spec").Text("nodeName")}: "
                        + $"{w.Text("reason")} {w.Text("message")}".TrimEnd()
                    )
            ),
        ];
    }
}
