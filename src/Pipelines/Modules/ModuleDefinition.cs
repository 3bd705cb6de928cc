using System.Reflection;
using Pipelines.Api;

namespace Pipelines.Modules;

/// <summary>A module as its classes describe it.</summary>
internal sealed record ModuleDefinition
{
    public required string Description { get; init; }

    public required IReadOnlyList<ObjectDefinition> Objects { get; init; }

    public required IReadOnlyList<EnumDefinition> Enums { get; init; }
}

/// <summary>An object of the module.</summary>
internal sealed record ObjectDefinition
{
    public required Type Type { get; init; }

    public required string Description { get; init; }

    public required ConstructorInfo Constructor { get; init; }

    public required IReadOnlyList<ParameterDefinition> Parameters { get; init; }

    public required IReadOnlyList<FieldDefinition> Fields { get; init; }

    public required IReadOnlyList<FunctionDefinition> Functions { get; init; }

    public string Name => Type.Name;
}

/// <summary>A property that is a field, or that keeps state.</summary>
internal sealed record FieldDefinition(string Name, PropertyInfo Property, TypeShape Shape, string Description)
{
    /// <summary>Whether callers see it.</summary>
    public bool IsPublic => Property.GetMethod!.IsPublic;
}

/// <summary>A function of an object.</summary>
internal sealed record FunctionDefinition
{
    public required string Name { get; init; }

    public required MethodInfo Method { get; init; }

    public required string Description { get; init; }

    public required IReadOnlyList<ParameterDefinition> Parameters { get; init; }

    public required TypeShape Returns { get; init; }

    public required CachePolicy Policy { get; init; }

    public string? TimeToLive { get; init; }

    public bool IsCheck { get; init; }
}

/// <summary>A parameter: an argument of callers, or something that the host gives.</summary>
internal sealed record ParameterDefinition
{
    public required string Name { get; init; }

    public required ParameterInfo Parameter { get; init; }

    /// <summary><see langword="null"/> for what the host gives.</summary>
    public required TypeShape? Shape { get; init; }

    public string Description { get; init; } = "";

    public string? DefaultPath { get; init; }

    public IReadOnlyList<string> Ignore { get; init; } = [];

    public bool IsGiven => Shape is null;
}

/// <summary>An enumeration of the module.</summary>
internal sealed record EnumDefinition(
    Type Type,
    string Description,
    IReadOnlyList<(string Name, string Description)> Members
);
