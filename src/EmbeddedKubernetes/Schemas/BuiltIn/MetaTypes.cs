namespace EmbeddedKubernetes.Schemas.BuiltIn;

/// <summary>Types every kind shares. The notation is explained at <see cref="SchemaText"/>.</summary>
internal static class MetaTypes
{
    public const string Text = """
        # meta/v1
        ObjectMeta: name:s generateName:s namespace:s selfLink:s uid:s resourceVersion:s generation:l creationTimestamp:t
          deletionTimestamp:t deletionGracePeriodSeconds:l labels:{s} annotations:{s} finalizers:[*]s
          ownerReferences:[uid]OwnerReference managedFields:[]ManagedFieldsEntry
        @OwnerReference: apiVersion:s! kind:s! name:s! uid:s! controller:b blockOwnerDeletion:b
        ManagedFieldsEntry: manager:s operation:s apiVersion:s time:t fieldsType:s fieldsV1:any subresource:s
        @LabelSelector: matchLabels:{s} matchExpressions:[]LabelSelectorRequirement
        LabelSelectorRequirement: key:s! operator:s! values:[]s
        FieldSelectorRequirement: key:s! operator:s! values:[]s
        Condition: type:s! status:s! observedGeneration:l lastTransitionTime:t! reason:s! message:s!
        """;
}
