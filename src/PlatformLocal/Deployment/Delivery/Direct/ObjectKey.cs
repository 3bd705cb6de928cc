namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>An object's identity: the version it is written in does not belong to it.</summary>
internal readonly record struct ObjectKey(string Group, string Kind, string? Namespace, string Name)
{
    public static ObjectKey Of(ObjectReference reference) =>
        new(reference.Group, reference.Kind, reference.Namespace, reference.Name);

    public override string ToString() => Namespace is null ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}
