namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>The rights that the delivering service account has in one environment's namespace: it binds its role there.</summary>
internal sealed class EnvironmentRights(KubernetesClient client, DirectDeliveryOptions options, string targetNamespace)
{
    private const string Group = "rbac.authorization.k8s.io";
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    /// <summary>Binds the role where the account may not deliver yet, and waits until the API server knows of it.</summary>
    /// <exception cref="PlatformException">The cluster refuses the binding, or it has no effect.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (options.Account is not { } account || await MayDeliverAsync(cancellationToken))
        {
            return;
        }
        JsonObject binding = BindingOf(account);
        try
        {
            await client.CreateAsync(binding, options.Write, cancellationToken);
        }
        catch (KubernetesException fault) when (fault.IsAlreadyExists)
        {
            // Another replica's, or it is about to have effect; otherwise the wait says which one has none.
        }
        ObjectReference reference = ObjectReference.Of(binding);
        var poll = new Poll($"the rights of {reference}", s_pause, s_patience, options.TimeProvider)
        {
            Failure = why => new PlatformException(
                FailureKind.NotAllowed,
                $"{reference} gives {account.Name} no rights in {targetNamespace}: {why}",
                $"Let it be made anew: {reference.Kubectl("delete")}"
            ),
        };
        await poll.UntilAsync(
            async stop => await MayDeliverAsync(stop) ? null : "it may not make Secrets there",
            cancellationToken
        );
    }

    // Secrets stand for all of the role: nothing that reads or lists everywhere gives them.
    private async Task<bool> MayDeliverAsync(CancellationToken cancellationToken)
    {
        var review = new JsonObject
        {
            ["apiVersion"] = "authorization.k8s.io/v1",
            ["kind"] = "SelfSubjectAccessReview",
            ["spec"] = new JsonObject
            {
                ["resourceAttributes"] = new JsonObject
                {
                    ["namespace"] = targetNamespace,
                    ["verb"] = "create",
                    ["resource"] = "secrets",
                },
            },
        };
        JsonObject answer = await client.CreateAsync(review, options: null, cancellationToken);
        return answer.Child("status").Flag("allowed") == true;
    }

    private JsonObject BindingOf(DeliveryAccount account) =>
        new ObjectReference($"{Group}/v1", "RoleBinding", targetNamespace, $"platform-{account.Name}").ToObject(
            (
                "roleRef",
                new JsonObject
                {
                    ["apiGroup"] = Group,
                    ["kind"] = "ClusterRole",
                    ["name"] = account.Role,
                }
            ),
            (
                "subjects",
                new JsonArray(
                    new JsonObject
                    {
                        ["kind"] = "ServiceAccount",
                        ["namespace"] = account.Namespace,
                        ["name"] = account.Name,
                    }
                )
            )
        );
}
