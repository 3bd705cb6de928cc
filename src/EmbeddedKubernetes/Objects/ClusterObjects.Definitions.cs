namespace EmbeddedKubernetes.Objects;

/// <content>Keeping the catalogue in step with the stored definitions.</content>
internal sealed partial class ClusterObjects
{
    private const string Definitions = "customresourcedefinitions.apiextensions.k8s.io";

    /// <summary>Serves every definition that is stored, and nothing else.</summary>
    public void LoadDefinitions()
    {
        var stored = Store.List(Definitions).ToDictionary(d => d.Key.Name, StringComparer.Ordinal);
        foreach (var name in Catalogue.Defined())
        {
            if (!stored.ContainsKey(name))
            {
                Catalogue.Undefine(name);
            }
        }
        foreach (var definition in stored.Values)
        {
            Catalogue.Define(definition.Read());
        }
    }
}
