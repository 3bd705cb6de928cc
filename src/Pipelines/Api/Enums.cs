using Pipelines.Queries;

namespace Pipelines.Api;

/// <summary>Who may use a cache volume at the same time.</summary>
public enum CacheSharing
{
    /// <summary>Several commands at once.</summary>
    Shared,

    /// <summary>One; a second command gets a volume of its own.</summary>
    Private,

    /// <summary>One; a second command waits.</summary>
    Locked,
}

/// <summary>Which exit codes of a command are no failure.</summary>
public enum ExpectedExit
{
    /// <summary>Zero.</summary>
    Success,

    /// <summary>Any other than zero.</summary>
    Failure,

    /// <summary>Every one.</summary>
    Any,
}

/// <summary>How long the engine keeps a function's result.</summary>
public enum CachePolicy
{
    /// <summary>For days, or for the time to live that is given.</summary>
    [EngineName("Default")]
    Default,

    /// <summary>Until the session ends.</summary>
    [EngineName("PerSession")]
    PerSession,

    /// <summary>Not at all: each call runs.</summary>
    [EngineName("Never")]
    Never,
}

/// <summary>The kind of a type in a module's description.</summary>
public enum TypeKind
{
    /// <summary>Text.</summary>
    StringKind,

    /// <summary>A whole number.</summary>
    IntegerKind,

    /// <summary>A number.</summary>
    FloatKind,

    /// <summary>True or false.</summary>
    BooleanKind,

    /// <summary>Nothing.</summary>
    VoidKind,
}
