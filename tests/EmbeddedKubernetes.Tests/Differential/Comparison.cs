using System.Text.Json.Nodes;
using EmbeddedKubernetes.Ownership;
using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Differential;

/// <summary>One request of a sequence.</summary>
internal sealed record Step(string Method, string Path, string? Body = null, string Type = ApiClient.Json)
{
    /// <summary>Not compared, only repeated until it succeeds: a real server takes a moment to serve a new kind.</summary>
    public bool UntilServed { get; init; }
}

/// <summary>Runs the same requests against two servers and compares what can be compared.</summary>
internal static class Comparison
{
    // Set by servers, by controllers, or newer than the real server at hand.
    private static readonly string[] s_volatileMetadata =
    [
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "managedFields",
        "selfLink",
    ];

    private static readonly string[] s_newerFields =
    [
        "internalTrafficPolicy",
        "ipFamilies",
        "ipFamilyPolicy",
        "clusterIP",
        "clusterIPs",
        "persistentVolumeClaimRetentionPolicy",
        "completionMode",
        "suspend",
        "podReplacementPolicy",
    ];

    public static async Task CompareAsync(ApiClient real, ApiClient ours, IReadOnlyList<Step> steps)
    {
        for (var i = 0; i < steps.Count; i++)
        {
            var step = steps[i];
            if (step.UntilServed)
            {
                await real.UntilAsync(step.Path, a => a.Code == 200);
                await ours.UntilAsync(step.Path, a => a.Code == 200);
                continue;
            }
            var expected = await real.SendAsync(step.Method, step.Path, step.Body, step.Type);
            var actual = await ours.SendAsync(step.Method, step.Path, step.Body, step.Type);
            var where =
                $"step {i + 1} ({step.Method} {step.Path} {step.Body}); real: {Short(expected)}; ours: {Short(actual)}";
            actual.Code.Should().Be(expected.Code, "{0}", where);
            actual.Reason.Should().Be(expected.Reason, "{0}", where);
            if (expected.Code >= 300)
            {
                Causes(actual).Should().BeEquivalentTo(Causes(expected), "{0}", where);
            }
            else if (step.Method != "DELETE")
            {
                Normal(actual.Object).ToJsonString().Should().Be(Normal(expected.Object).ToJsonString(), "{0}", where);
                var (owned, wanted) = (Owners(actual.Object), Owners(expected.Object));
                wanted.Except(owned, StringComparer.Ordinal).Should().BeEmpty("{0}", "these should be owned: " + where);
                owned
                    .Except(wanted, StringComparer.Ordinal)
                    .Should()
                    .BeEmpty("{0}", "these should not be owned: " + where);
            }
        }
    }

    private static string Short(Answer answer)
    {
        var text = answer.ToString();
        return text.Length > 2500 ? text[..2500] : text;
    }

    private static List<string> Causes(Answer answer) =>
        (answer.Body as JsonObject)?["details"]?["causes"] is JsonArray causes
            ?
            [
                .. causes
                    .Select(c =>
                        $"{c!["reason"]!.GetValue<string>().Replace("TypeInvalid", "Invalid", StringComparison.Ordinal)} {c["field"]}"
                    )
                    .Distinct(StringComparer.Ordinal),
            ]
            : [];

    /// <summary>The object without what differs for good reason, with sorted fields.</summary>
    private static JsonNode Normal(JsonObject value)
    {
        var copy = (JsonObject)value.DeepClone();
        copy.Remove("status");
        if (copy["metadata"] is JsonObject metadata)
        {
            foreach (var field in s_volatileMetadata)
            {
                metadata.Remove(field);
            }
            if (metadata["annotations"] is JsonObject annotations)
            {
                annotations.Remove("deployment.kubernetes.io/revision");
                if (annotations.Count == 0)
                {
                    metadata.Remove("annotations");
                }
            }
        }
        return Sorted(copy)!;
    }

    private static JsonNode? Sorted(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject o:
                var sorted = new JsonObject();
                foreach (var (name, value) in o.OrderBy(p => p.Key, StringComparer.Ordinal))
                {
                    if (value is not null && !s_newerFields.Contains(name))
                    {
                        sorted[name] = Sorted(value);
                    }
                }
                return sorted;
            case JsonArray a:
                return new JsonArray([.. a.Select(Sorted)]);
            default:
                return node?.DeepClone();
        }
    }

    /// <summary>Per manager, the leaf paths it owns.</summary>
    private static List<string> Owners(JsonObject value)
    {
        var owners = new List<string>();
        if (value["metadata"]?["managedFields"] is not JsonArray entries)
        {
            return owners;
        }
        foreach (var entry in entries)
        {
            var manager = entry!["manager"]!.GetValue<string>();
            if (manager is "kube-controller-manager" or "kubelet" or "default-scheduler")
            {
                continue;
            }
            var set = FieldSet.FromFieldsV1(entry["fieldsV1"] as JsonObject);
            owners.AddRange(
                set.Paths()
                    .Where(p =>
                        !p.StartsWith(".status", StringComparison.Ordinal)
                        && !s_newerFields.Any(n => p.Contains("." + n, StringComparison.Ordinal))
                    )
                    .Where(p => IsLeaf(p, set))
                    .Select(WithoutSelectorFields)
                    .Distinct(StringComparer.Ordinal)
                    .Select(p => $"{manager} {entry["operation"]} {p}")
            );
        }
        return owners;
    }

    // Selectors, and lists of custom resources by key, are owned differently since a later version.
    private static string WithoutSelectorFields(string path)
    {
        foreach (var part in (ReadOnlySpan<string>)["elector.", "spec.parts[", "fieldRef."])
        {
            var at = path.IndexOf(part, StringComparison.Ordinal);
            if (at >= 0)
            {
                return path[..(at + part.Length - 1)];
            }
        }
        return path;
    }

    // Whether a parent is listed beside its children depends on how Go holds it; leaves do not.
    private static bool IsLeaf(string path, FieldSet set) =>
        !set.Paths()
            .Any(p =>
                p.Length > path.Length && p.StartsWith(path, StringComparison.Ordinal) && p[path.Length] is '.' or '['
            );
}
