namespace EmbeddedKubernetes.Objects;

/// <content>Keeping the catalogue in step with the stored definitions.</content>
internal sealed partial class ClusterObjects
{
    private const string Definitions = "customresourcedefinitions.apiextensions.k8s.io";

    /// <summary>Says in the status of a definition whether its names are free.</summary>
    private void AcceptNames(ResourceType type, JsonObject definition, JsonObject? live)
    {
        if (type.Storage == Definitions && definition.Str("metadata", "name") is { } name)
        {
            var group = definition.Obj("spec").Str("group") ?? "";
            // One that was removed in this moment holds no names, though it is served until the catalogue hears of it.
            var others = Catalogue
                .OthersOf(group, name)
                .Where(t => !t.IsCustom || Store.Get(type.Key("", t.Storage)) is not null);
            DefinitionNames.Accept(definition, live, others, Now);
        }
    }

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
