namespace EmbeddedKubernetes.Tests.Architecture.Circle.Below;

/// <summary>The other half: the reference hides in a body, behind a generic argument.</summary>
internal sealed class Low
{
    public static int Count() => new List<High>().Count;
}
