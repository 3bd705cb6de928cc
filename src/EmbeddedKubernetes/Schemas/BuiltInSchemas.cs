using EmbeddedKubernetes.Schemas.BuiltIn;

namespace EmbeddedKubernetes.Schemas;

/// <summary>The types of the built-in kinds.</summary>
internal static class BuiltInSchemas
{
    private static readonly Lazy<SchemaText> s_all = new(() =>
        new SchemaText(
            MetaTypes.Text,
            PodTypes.Text,
            VolumeTypes.Text,
            CoreTypes.Text,
            WorkloadTypes.Text,
            ClusterTypes.Text,
            DeviceTypes.Text
        )
    );

    public static SchemaText Text => s_all.Value;

    public static SchemaNode ObjectMeta => s_all.Value.Find("meta/v1", "ObjectMeta")!;

    public static SchemaNode PodSpec => s_all.Value.Find("core/v1", "PodSpec")!;

    /// <summary>The schema of a kind, with apiVersion and kind.</summary>
    /// <param name="groupVersion">Such as <c>apps/v1</c>; <c>v1</c> is the core group.</param>
    /// <param name="kind">Such as <c>Deployment</c>.</param>
    public static SchemaNode ForKind(string groupVersion, string kind)
    {
        var scope = groupVersion.Contains('/', StringComparison.Ordinal) ? groupVersion : "core/" + groupVersion;
        return s_all.Value.Find(scope, kind)
            ?? throw new InvalidOperationException($"No schema for {groupVersion} {kind}.");
    }
}
