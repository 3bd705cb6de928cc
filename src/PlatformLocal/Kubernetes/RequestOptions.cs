namespace PlatformLocal.Kubernetes;

/// <summary>Which objects a list has, and how much of them.</summary>
public sealed record ListOptions
{
    /// <summary>Only objects with these labels, such as <c>app=web,tier!=test</c>.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>Only objects with these fields, such as <c>metadata.name=web</c>.</summary>
    public string? FieldSelector { get; init; }

    /// <summary>Leaves everything but <c>metadata</c> out.</summary>
    public bool MetadataOnly { get; init; }
}

/// <summary>Which objects a watch tells about.</summary>
public sealed record WatchOptions
{
    /// <summary>Only objects with these labels.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>Only objects with these fields.</summary>
    public string? FieldSelector { get; init; }

    /// <summary>The state the caller knows already.</summary>
    /// <value>None unless set: the watch begins with an <see cref="WatchEventKind.Added"/> for every object.</value>
    public string? ResourceVersion { get; init; }

    /// <summary>How long the server may be out of reach before the watch fails.</summary>
    /// <value>1 minute unless set.</value>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromMinutes(1);
}

/// <summary>How an object is written.</summary>
public sealed record WriteOptions
{
    /// <summary>Who owns the written fields.</summary>
    /// <value>The client's field manager unless set.</value>
    public string? FieldManager { get; init; }

    /// <summary>The server checks and answers as usual and stores nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>The part that is written, such as <c>status</c> or <c>scale</c>.</summary>
    public string? Subresource { get; init; }

    /// <summary>For server-side apply: takes fields over from other owners instead of failing with a conflict.</summary>
    public bool Force { get; init; }
}

/// <summary>How an object is deleted; those it owns are deleted afterwards.</summary>
public sealed record DeleteOptions
{
    /// <summary>Only the object with this uid is deleted, not another one of the same name.</summary>
    public string? Uid { get; init; }

    /// <summary>The object is deleted only in this state.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>Seconds the object may take to end.</summary>
    /// <value>Its own setting unless set.</value>
    public int? GracePeriodSeconds { get; init; }

    /// <summary>The server checks and answers as usual and deletes nothing.</summary>
    public bool DryRun { get; init; }
}

/// <summary>Which part of a container's log is read.</summary>
public sealed record LogOptions
{
    /// <summary>The container.</summary>
    /// <value>The only one unless set.</value>
    public string? Container { get; init; }

    /// <summary>Reads the log of the run before the last restart.</summary>
    public bool Previous { get; init; }

    /// <summary>Only the last lines.</summary>
    public int? TailLines { get; init; }
}

/// <summary>The ways to change a part of an object.</summary>
public enum PatchKind
{
    /// <summary>A list of operations (RFC 6902).</summary>
    Json,

    /// <summary>The fields to change, <see langword="null"/> removes (RFC 7386).</summary>
    Merge,

    /// <summary>As merge, with lists merged by their keys; built-in kinds only.</summary>
    Strategic,
}
