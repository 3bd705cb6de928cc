namespace PlatformLocal.Platform.PlatformServices.Selection;

/// <summary>How many platform services the default choice has.</summary>
public static class ServiceProfiles
{
    /// <summary>Object store, search index, secrets and vector database: fits 2 processors and 6 GB together with its Kind cluster.</summary>
    public const string Small = "small";

    /// <summary>All that need no values of the user's.</summary>
    public const string Full = "full";
}
