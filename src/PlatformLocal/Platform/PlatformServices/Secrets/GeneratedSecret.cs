namespace PlatformLocal.Platform.PlatformServices.Secrets;

/// <summary>A Secret that is filled with made-up values when it is not there.</summary>
/// <param name="Name">Its name in <see cref="PlatformService.Namespace"/>.</param>
/// <param name="Values">Its keys, and where their values come from.</param>
internal sealed record GeneratedSecret(string Name, params IReadOnlyList<(string Key, SecretValue Value)> Values)
{
    /// <summary>The Secrets whose values this one is made of.</summary>
    public IEnumerable<string> Uses => Values.SelectMany(v => v.Value.Uses).Distinct();
}
