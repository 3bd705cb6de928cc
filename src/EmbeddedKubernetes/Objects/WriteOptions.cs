namespace EmbeddedKubernetes.Objects;

internal enum FieldValidation
{
    /// <summary>Unknown fields are dropped silently.</summary>
    Ignore,

    /// <summary>Unknown fields are dropped and named in a warning.</summary>
    Warn,

    /// <summary>Unknown fields refuse the request.</summary>
    Strict,
}

/// <summary>How a write is meant.</summary>
internal sealed record WriteOptions
{
    public required string Manager { get; init; }

    /// <summary>Empty, <c>status</c> or <c>finalize</c>.</summary>
    public string Subresource { get; init; } = "";

    public bool DryRun { get; init; }

    /// <summary>Take fields from other appliers.</summary>
    public bool Force { get; init; }

    public FieldValidation Validation { get; init; } = FieldValidation.Warn;

    /// <summary>What the client is told beside the answer.</summary>
    public List<string> Warnings { get; } = [];
}

/// <summary>How a deletion is meant.</summary>
internal sealed record DeleteOptions
{
    public string? Propagation { get; init; }

    public string? Uid { get; init; }

    public string? ResourceVersion { get; init; }

    public bool DryRun { get; init; }
}

/// <summary>What a write led to.</summary>
internal readonly record struct WriteResult(System.Text.Json.Nodes.JsonObject Value, bool Created);
