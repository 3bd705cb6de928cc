namespace PlatformLocal.Core.Documents;

/// <summary>One thing that is wrong in a document.</summary>
/// <param name="Path">Where, such as <c>services.user-service.version</c>; empty for the document as a whole.</param>
/// <param name="Message">What is wrong and what would be right.</param>
public sealed record Fault(string Path, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => Path.Length == 0 ? Message : $"{Path}: {Message}";
}

/// <summary>A document was refused; carries every fault that was found, not only the first.</summary>
public sealed class InvalidDocumentException : PlatformException
{
    /// <summary>A refused document.</summary>
    /// <param name="document">What the document is to the user: a file's path, or <c>the claim</c>.</param>
    /// <param name="faults">At least one fault.</param>
    public InvalidDocumentException(string document, IReadOnlyList<Fault> faults)
        : base(Describe(document, faults), "Correct what is listed and run the command again.")
    {
        Document = document;
        Faults = faults;
        Kind = FailureKind.InvalidInput;
    }

    /// <summary>What the document is to the user.</summary>
    public string Document { get; }

    /// <summary>Everything that is wrong, in the order of the document.</summary>
    public IReadOnlyList<Fault> Faults { get; }

    private static string Describe(string document, IReadOnlyList<Fault> faults) =>
        faults.Count == 1
            ? $"{document} is not valid: {faults[0]}"
            : $"{document} is not valid, {faults.Count} faults:\n" + string.Join("\n", faults.Select(f => $"  - {f}"));
}
