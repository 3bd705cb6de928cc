namespace PlatformLocal.Deployment.Manifests;

/// <summary>What is wrong with the manifests of an environment: all of it is told at once.</summary>
internal sealed class ManifestFaults
{
    private readonly List<(string Place, Fault Fault)> _faults = [];

    public bool HasAny => _faults.Count > 0;

    public void Add(string place, Fault fault) => _faults.Add((place, fault));

    public void Add(InvalidDocumentException refused) =>
        _faults.AddRange(refused.Faults.Select(f => (refused.Document, f)));

    public void Add(ManifestFaults others) => _faults.AddRange(others._faults);

    /// <exception cref="InvalidDocumentException">There are faults; each names file and line.</exception>
    public void ThrowIfAny()
    {
        if (_faults.Count == 0)
        {
            return;
        }

        var places = _faults.Select(f => f.Place).Distinct(StringComparer.Ordinal).ToList();
        throw places is [var only]
            ? new InvalidDocumentException(only, [.. _faults.Select(f => f.Fault)])
            : new InvalidDocumentException(
                "What the environment's services bring",
                [.. _faults.Select(f => new Fault(f.Place, f.Fault.ToString()))]
            );
    }
}
