using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Workspaces;

namespace PlatformLocal.Deployment.Manifests;

/// <summary>Says whether objects of a kind live in namespaces.</summary>
/// <param name="apiVersion">Group and version, such as <c>apps/v1</c>.</param>
/// <param name="kind">Kind, such as <c>Deployment</c>.</param>
/// <param name="cancellationToken">Stops asking.</param>
/// <exception cref="PlatformException">The cluster does not know the kind.</exception>
public delegate Task<bool> IsNamespaced(string apiVersion, string kind, CancellationToken cancellationToken);

/// <summary>Values of a service's secrets in one environment.</summary>
/// <param name="environment">The environment's name.</param>
/// <param name="service">The service.</param>
/// <param name="cancellationToken">Stops asking.</param>
public delegate Task<IReadOnlyDictionary<string, string>> SecretsOf(
    string environment,
    ServiceDefinition service,
    CancellationToken cancellationToken
);

/// <summary>The rendered manifests of an environment.</summary>
/// <param name="Request">What to deliver.</param>
/// <param name="Warnings">What is odd but no fault, as whole sentences.</param>
public sealed record RenderedEnvironment(DeliveryRequest Request, IReadOnlyList<string> Warnings);

/// <summary>Makes the objects of an environment of the manifests of its services.</summary>
/// <param name="build">Builds kustomizations.</param>
/// <param name="isNamespaced">Knows the cluster's kinds.</param>
/// <param name="secretsOf">Knows the values of secrets.</param>
public sealed class ManifestRenderer(BuildKustomization build, IsNamespaced isNamespaced, SecretsOf secretsOf)
{
    /// <summary>Renders all services of an environment.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="resolved">Its services with their versions.</param>
    /// <param name="workspace">Where they come from.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="PlatformException">A manifest is not valid; names file, line and what is wrong.</exception>
    public async Task<RenderedEnvironment> RenderAsync(
        Claim claim,
        ResolvedServices resolved,
        Workspace workspace,
        CancellationToken cancellationToken
    )
    {
        // Kustomizations are built by a program: together they cost the time of the slowest.
        var parsed = await Task.WhenAll(
            resolved.Services.Select(s => Task.Run(() => ParseAsync(claim, s, workspace, cancellationToken)))
        );
        var faults = new ManifestFaults();
        foreach (var service in parsed)
        {
            faults.Add(service.Faults);
        }

        // Of what could not be read nobody knows what it brings: a kind that is missing then may be one of it.
        var isWhole = !faults.HasAny;
        var warnings = parsed.SelectMany(p => p.Warnings).ToList();
        RefuseDuplicates(parsed.SelectMany(p => p.Manifests), faults);
        var ownKinds = parsed.SelectMany(p => p.Manifests).Select(CustomKind.Of).OfType<CustomKind>().ToList();
        var services = new List<ServiceDelivery>();
        foreach (var (service, manifests, _, _) in parsed)
        {
            var rules = new ClusterKindRules(service.Definition.Name, workspace);
            var labels = ManifestLabels.For(claim, service);
            var objects = new List<JsonObject>();
            var places = new Dictionary<JsonObject, string>();
            if (service.Definition.Secrets.Count > 0 && isWhole)
            {
                var values = await secretsOf(claim.EnvironmentName, service.Definition, cancellationToken);
                objects.Add(ManifestLabels.Stamp(SecretObject(service.Definition, values), labels, claim.Namespace));
            }

            foreach (var manifest in manifests)
            {
                var hasNamespace =
                    ownKinds.Find(k => k.Defines(manifest))?.IsNamespaced
                    ?? await AskAsync(manifest, isWhole ? faults : new ManifestFaults(), cancellationToken);
                if (hasNamespace is not { } known)
                {
                    continue;
                }

                Check(manifest, known, claim.Namespace, rules, faults);
                var stamped = ManifestLabels.Stamp(manifest.Object, labels, known ? claim.Namespace : null);
                objects.Add(stamped);
                if (service.Definition.Origin is null)
                {
                    places[stamped] = manifest.Place;
                }
            }

            if (rules.Used.Count > 0)
            {
                warnings.Add(
                    $"{service.Definition.Name} brings objects of the whole cluster, as the workspace allows: {string.Join(", ", rules.Used)}."
                );
            }

            services.Add(
                new ServiceDelivery
                {
                    Name = service.Definition.Name,
                    Version = service.Version.Text,
                    DependsOn = service.DependsOn,
                    Objects = objects,
                    Places = places,
                    Timeout = service.Definition.Timeout,
                }
            );
        }

        faults.ThrowIfAny();
        return new RenderedEnvironment(
            new DeliveryRequest
            {
                Environment = claim.EnvironmentName,
                Namespace = claim.Namespace,
                Services = services,
                NamespaceLabels = ManifestLabels.ForNamespace(claim),
            },
            warnings
        );
    }

    /// <summary>Whether an object is the Secret whose values the platform made up: another one in every environment.</summary>
    /// <param name="rendered">An object of the service.</param>
    /// <param name="service">The service.</param>
    public static bool IsMadeUp(JsonObject rendered, ServiceDefinition service) =>
        service.Secrets.Count > 0
        && (string?)rendered["kind"] == "Secret"
        && (string?)rendered["metadata"]?["name"] == SecretNameOf(service);

    private static string SecretNameOf(ServiceDefinition service) => service.Name + "-secrets";

    private async Task<ParsedService> ParseAsync(
        Claim claim,
        ResolvedService service,
        Workspace workspace,
        CancellationToken cancellationToken
    )
    {
        var definition = service.Definition;
        var faults = new ManifestFaults();
        var substitution = new Substitution(ManifestVariables.For(claim, service, workspace));
        var manifests = new List<Manifest>();
        try
        {
            foreach (var file in await ManifestFiles.ReadAsync(definition, build, cancellationToken))
            {
                try
                {
                    var lines = new ManifestLines(file);
                    foreach (var document in Parse(file, definition.Substitutes ? substitution : null))
                    {
                        manifests.AddRange(Manifest.Read(document, file.File, lines, faults));
                    }
                }
                catch (InvalidDocumentException e)
                {
                    faults.Add(e);
                }
            }
        }
        catch (InvalidDocumentException e)
        {
            faults.Add(e);
        }

        var move = NamespaceMove.Of(definition, manifests, claim.Namespace);
        manifests.RemoveAll(move.Replaces);
        manifests = manifests.ConvertAll(move.Apply);
        return new ParsedService(service, manifests, [.. Warnings(definition.Name, substitution, move)], faults);
    }

    private static IReadOnlyList<YamlDocumentText> Parse(ManifestText file, Substitution? substitution)
    {
        if (substitution is null)
        {
            return YamlText.ParseAll(file.Text, file.File);
        }

        var exempt = SubstitutionSwitch.ExemptIn(file);
        return YamlText.ParseAll(
            file.Text,
            file.File,
            scalar =>
                !scalar.Text.Contains("${", StringComparison.Ordinal) || exempt.Contains(scalar)
                    ? scalar
                    : substitution.Apply(
                        scalar with
                        {
                            IsText = scalar.IsText || (file.Written?.IsText(scalar) ?? false),
                        }
                    )
        );
    }

    private static IEnumerable<string> Warnings(string service, Substitution substitution, NamespaceMove move)
    {
        if (substitution.Unset.Count > 0)
        {
            var names = string.Join(", ", substitution.Unset.Select(v => $"${{{v}}}"));
            yield return $"The manifests of {service} have {names}, which no variable is: it stays as it is.";
        }

        if (move.From.Count > 0)
        {
            var names = string.Join(", ", move.From.Order(StringComparer.Ordinal));
            yield return $"The manifests of {service} were written for the namespace {names}: its objects, and references to them, "
                + "are moved to the environment's; what programs are told of it in arguments and variables stays.";
        }
    }

    private static void RefuseDuplicates(IEnumerable<Manifest> manifests, ManifestFaults faults)
    {
        var seen = new Dictionary<(string, string, string), Manifest>();
        foreach (var manifest in manifests)
        {
            // The same kind in another version of its group is the same object.
            var key = (ApiGroup.Of(manifest.ApiVersion), manifest.Kind, manifest.Name);
            if (!seen.TryAdd(key, manifest))
            {
                manifest.Refuse($"is defined a second time; the first is at {seen[key].Place}", faults);
            }
        }
    }

    private async Task<bool?> AskAsync(Manifest manifest, ManifestFaults faults, CancellationToken cancellationToken)
    {
        try
        {
            return await isNamespaced(manifest.ApiVersion, manifest.Kind, cancellationToken);
        }
        catch (PlatformException e) when (e.Kind is FailureKind.NotFound or FailureKind.InvalidInput)
        {
            manifest.Refuse($"is of a kind the cluster does not know: {e.Message} {e.NextStep}".TrimEnd(), faults);
            return null;
        }
    }

    private static void Check(
        Manifest manifest,
        bool isNamespaced,
        string targetNamespace,
        ClusterKindRules rules,
        ManifestFaults faults
    )
    {
        if (!isNamespaced)
        {
            if (rules.RefusalOf(manifest) is { } refusal)
            {
                manifest.Refuse(refusal, faults);
            }
        }
        else if (manifest.Namespace is { } other && other != targetNamespace)
        {
            manifest.Refuse(
                $"is aimed at the namespace '{other}', and an environment's objects belong into its own, '{targetNamespace}'; "
                    + $"leave metadata.namespace out, or name it in service.yaml, spec.namespaces: [{other}], and it stands for the environment's",
                faults
            );
        }
    }

    private static JsonObject SecretObject(ServiceDefinition service, IReadOnlyDictionary<string, string> values) =>
        new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject { ["name"] = SecretNameOf(service) },
            ["type"] = "Opaque",
            ["data"] = new JsonObject(
                values.Select(v =>
                    KeyValuePair.Create(v.Key, (JsonNode?)Convert.ToBase64String(Encoding.UTF8.GetBytes(v.Value)))
                )
            ),
        };

    private sealed record ParsedService(
        ResolvedService Service,
        IReadOnlyList<Manifest> Manifests,
        IReadOnlyList<string> Warnings,
        ManifestFaults Faults
    );

    /// <summary>A kind that one of the environment's own manifests defines.</summary>
    private sealed record CustomKind(string Group, string Kind, bool IsNamespaced)
    {
        public static CustomKind? Of(Manifest manifest) =>
            manifest.Kind == ClusterKindRules.DefinitionKind
            && manifest.Object["spec"] is JsonObject spec
            && (string?)spec["group"] is { } group
            && (string?)spec["names"]?["kind"] is { } kind
                ? new CustomKind(group, kind, (string?)spec["scope"] != "Cluster")
                : null;

        public bool Defines(Manifest manifest) =>
            manifest.Kind == Kind && manifest.ApiVersion.StartsWith(Group + "/", StringComparison.Ordinal);
    }
}
