using EmbeddedKubernetes.Tests.Architecture.Circle.Below;

namespace EmbeddedKubernetes.Tests.Architecture.Circle;

/// <summary>One half of a circle that must be found.</summary>
internal sealed class High
{
    public Low? Low { get; init; }
}
