using System.Text.Json.Serialization;

namespace PlatformLocal.Platform.State;

/// <summary>A kind of cluster that a platform can have, and what of a platform follows from it before there is one.</summary>
[JsonConverter(typeof(ClusterKindJson))]
public sealed class ClusterKind
{
    private ClusterKind(string name) => Name = name;

    /// <summary>A Kubernetes API in the serving process; workloads are simulated.</summary>
    public static ClusterKind Embedded { get; } = new("embedded") { ExecutesWorkloads = false };

    /// <summary>A Kind cluster on Docker that the platform makes and deletes.</summary>
    public static ClusterKind Kind { get; } = new("kind") { IsOnDocker = true, DefaultServices = "default" };

    /// <summary>A cluster that was there before, by its kubeconfig.</summary>
    public static ClusterKind Existing { get; } = new("existing");

    /// <summary>All kinds.</summary>
    public static IReadOnlyList<ClusterKind> All { get; } = [Embedded, Kind, Existing];

    /// <summary>The names of all kinds, as <c>--cluster</c> takes them.</summary>
    public static string[] Names => [.. All.Select(k => k.Name)];

    /// <summary>Its name, as <c>--cluster</c> takes it.</summary>
    public string Name { get; }

    /// <summary>Whether pods run: platform services are installed where they do.</summary>
    public bool ExecutesWorkloads { get; private init; } = true;

    /// <summary>Whether it is made of containers, and can be given the Platform API as an image.</summary>
    public bool IsOnDocker { get; private init; }

    /// <summary>The platform services of a platform whose maker names none, as <c>--services</c> takes them.</summary>
    public string DefaultServices { get; private init; } = "none";

    /// <summary>The kind of a name.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="PlatformException">There is none of this name.</exception>
    public static ClusterKind Parse(string name) =>
        All.FirstOrDefault(k => k.Name == name)
        ?? throw new PlatformException(
            FailureKind.InvalidInput,
            $"This program knows no cluster '{name}'.",
            $"Name one of: {string.Join(", ", Names)}."
        );

    /// <summary>Its name.</summary>
    public override string ToString() => Name;
}

/// <summary>Writes kinds by their names.</summary>
internal sealed class ClusterKindJson : JsonConverter<ClusterKind>
{
    public override ClusterKind Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            return reader.TokenType == JsonTokenType.String
                ? ClusterKind.Parse(reader.GetString()!)
                : throw new JsonException("the value of cluster is of the wrong kind");
        }
        catch (PlatformException e)
        {
            throw new JsonException(e.Message.TrimEnd('.'), e);
        }
    }

    public override void Write(Utf8JsonWriter writer, ClusterKind value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Name);
}
