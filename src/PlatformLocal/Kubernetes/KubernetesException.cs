using PlatformLocal.Kubernetes.Transport;

namespace PlatformLocal.Kubernetes;

/// <summary>A single reason why the API server refused something.</summary>
/// <param name="Field">The field at fault, such as <c>spec.ports[0].protocol</c>; may be empty.</param>
/// <param name="Reason">The kind of fault, such as <c>FieldValueInvalid</c>; may be empty.</param>
/// <param name="Message">A sentence.</param>
public sealed record KubernetesErrorCause(string Field, string Reason, string Message);

/// <summary>The API server refused a request, or could not be reached.</summary>
public sealed class KubernetesException : PlatformException
{
    internal KubernetesException(string message, string? nextStep = null, Exception? inner = null)
        : base(message, nextStep, inner) { }

    /// <summary>The HTTP status; 0 when there was no answer.</summary>
    public required int Code { get; init; }

    /// <summary>The API's word for what went wrong, such as <c>NotFound</c>, or <c>Unreachable</c> when there was no answer.</summary>
    public required string Reason { get; init; }

    /// <summary>What the server itself said.</summary>
    public string ServerMessage { get; init; } = "";

    /// <summary>The single faults, when the server lists them.</summary>
    public IReadOnlyList<KubernetesErrorCause> Causes { get; init; } = [];

    /// <summary>The object or the collection, or what is asked for, does not exist.</summary>
    public bool IsNotFound => Code == 404;

    /// <summary>The object exists already.</summary>
    public bool IsAlreadyExists => Reason == "AlreadyExists";

    /// <summary>Somebody changed the object meanwhile, or a precondition does not hold.</summary>
    public bool IsConflict => Code == 409 && !IsAlreadyExists;

    /// <summary>The resource version or the continue token is too old.</summary>
    public bool IsGone => Code == 410;

    /// <summary>The object breaks the rules of its kind.</summary>
    public bool IsInvalid => Code == 422;

    /// <summary>The credentials are not accepted.</summary>
    public bool IsUnauthorized => Code == 401;

    /// <summary>The credentials are accepted and do not allow this.</summary>
    public bool IsForbidden => Code == 403;

    /// <summary>There was no answer.</summary>
    public bool IsUnreachable => Reason == "Unreachable";

    /// <summary>The failure an answer means.</summary>
    /// <param name="what">What was asked for, such as <c>apply Deployment shop/web</c>.</param>
    /// <param name="code">The HTTP status.</param>
    /// <param name="body">The body, a <c>Status</c> when all is well and anything otherwise.</param>
    internal static KubernetesException From(string what, int code, ReadOnlySpan<byte> body)
    {
        // A proxy's page, or a truncated answer, is no status: its beginning is shown as it is.
        return JsonBody.Parse(body) is { } status && status.Text("kind") == "Status"
            ? From(what, status, code)
            : Build(what, code, "", System.Text.Encoding.UTF8.GetString(body[..Math.Min(body.Length, 300)]).Trim(), []);
    }

    /// <summary>The failure a <c>Status</c> object means, as watches deliver it.</summary>
    internal static KubernetesException From(string what, JsonObject status, int code = 0)
    {
        KubernetesErrorCause[] causes =
        [
            .. status
                .Child("details")
                .Items("causes")
                .Select(cause => new KubernetesErrorCause(
                    cause.Text("field") ?? "",
                    cause.Text("reason") ?? "",
                    cause.Text("message") ?? ""
                )),
        ];
        return Build(
            what,
            (int)(status.Number("code") ?? code),
            status.Text("reason") ?? "",
            status.Text("message") ?? "",
            causes
        );
    }

    private static KubernetesException Build(
        string what,
        int code,
        string reason,
        string message,
        KubernetesErrorCause[] causes
    )
    {
        // Servers answer what does not fit a kind's schema in server-side apply with 500:
        // https://github.com/kubernetes/kubernetes/issues/118877
        if (code == 500 && MisfitsIn(message) is { Length: > 0 } misfits)
        {
            (code, reason, causes) = (422, "Invalid", misfits);
        }

        if (reason.Length == 0)
        {
            reason = code switch
            {
                401 => "Unauthorized",
                403 => "Forbidden",
                404 => "NotFound",
                409 => "Conflict",
                410 => "Expired",
                422 => "Invalid",
                429 => "TooManyRequests",
                >= 500 => "ServerError",
                _ => "Unknown",
            };
        }
        string said = message.Length == 0 ? $"HTTP {code}" : Shorten(message, causes);
        return new KubernetesException(
            $"The cluster refused to {what}: {said.TrimEnd('.')}.",
            NextStepFor(code, reason, causes)
        )
        {
            Code = code,
            Reason = reason,
            ServerMessage = message,
            Causes = causes,
            Kind = code switch
            {
                401 or 403 => FailureKind.NotAllowed,
                404 => FailureKind.NotFound,
                409 => FailureKind.Conflict,
                400 or 422 => FailureKind.InvalidInput,
                504 => FailureKind.NotReadyInTime,
                _ => FailureKind.Failed,
            },
        };
    }

    // One fault stands behind the object's name, several stand on lines of their own.
    private static KubernetesErrorCause[] MisfitsIn(string message) =>
        message.StartsWith("failed to create typed ", StringComparison.Ordinal)
        && message.IndexOf("): ", StringComparison.Ordinal) is > 0 and var end
            ?
            [
                .. message[(end + 3)..]
                    .Split('\n', StringSplitOptions.TrimEntries)
                    .Where(line => line.StartsWith('.'))
                    .Select(line => line.Split(": ", 2))
                    .Where(parts => parts.Length == 2)
                    .Select(parts => new KubernetesErrorCause(parts[0], "FieldValueInvalid", parts[1])),
            ]
            : [];

    /// <summary>Servers put whole objects into their messages, in the notation of Go.</summary>
    private static string Shorten(string message, KubernetesErrorCause[] causes)
    {
        const int Readable = 600;
        if (message.Length <= Readable)
        {
            return message;
        }
        return causes.Length == 0
            ? Middle(message)
            : string.Join("; ", causes.Select(cause => $"{cause.Field}: {Middle(cause.Message)}".TrimStart(':', ' ')));

        static string Middle(string text) => text.Length <= 240 ? text : $"{text[..100]} … {text[^120..]}";
    }

    private static string? NextStepFor(int code, string reason, KubernetesErrorCause[] causes) =>
        code switch
        {
            401 =>
                $"Renew the credentials of this kubeconfig context. See which they are: {ShellCommand.Kubectl(null, "config", "view", "--minify")}",
            403 when causes.Any(cause => cause.Reason == "NamespaceTerminating") =>
                "Wait until the namespace is gone, then try again.",
            403 =>
                $"Ask for this permission, or use a context that has it. See what is allowed: {ShellCommand.Kubectl(null, "auth", "can-i", "--list")}",
            409 when reason == "Conflict" => "Somebody changed it at the same time; try again.",
            400 or 422 when causes.Length > 0 =>
                $"Correct {string.Join(", ", causes.Select(c => c.Field).Where(f => f.Length > 0).Distinct(StringComparer.Ordinal))} in the manifest.".Replace(
                    "Correct  in",
                    "Correct the fields named above in",
                    StringComparison.Ordinal
                ),
            400 or 422 => "Correct the manifest.",
            429 => "The cluster is overloaded; try again in a minute.",
            >= 500 =>
                $"See whether the control plane is well: {ShellCommand.Kubectl(null, "get", "--raw=/readyz?verbose")}",
            _ => null,
        };
}
