namespace EmbeddedKubernetes.Controllers;

/// <summary>Keeps the templates of stateful and daemon sets as ControllerRevisions.</summary>
internal sealed class Revisions(ClusterContext cluster)
{
    public const string Label = "controller-revision-hash";
    private readonly ResourceType _type = cluster.Type("apps/v1", "ControllerRevision");

    /// <summary>Makes sure the present template is kept as the newest revision, and returns its name.</summary>
    public string Ensure(JsonObject owner)
    {
        var name = NameOf(owner);
        var all = cluster.Owned(owner.Str("metadata", "uid")!, _type.Storage);
        var highest = all.Select(r => r.Long("revision") ?? 0).DefaultIfEmpty(0).Max();
        var known = all.Find(r => r.Str("metadata", "name") == name);
        if (known is null)
        {
            var template = owner.Obj("spec").Obj("template")!.Copy();
            template["$patch"] = "replace";
            cluster.Ensure(
                _type,
                owner.Str("metadata", "namespace")!,
                new()
                {
                    ["metadata"] = new JsonObject
                    {
                        ["name"] = name,
                        ["labels"] = owner.At("spec", "template", "metadata", "labels")?.DeepClone(),
                        ["ownerReferences"] = new JsonArray(Owner.Reference(owner)),
                    },
                    ["data"] = new JsonObject { ["spec"] = new JsonObject { ["template"] = template } },
                    ["revision"] = highest + 1,
                }
            );
        }
        else if (known.Long("revision") < highest)
        {
            cluster.Modify(_type, ClusterContext.KeyOf(_type, known), r => r["revision"] = highest + 1);
        }
        Forget(owner, all, name);
        return name;
    }

    public JsonObject? TemplateOf(JsonObject owner, string revision)
    {
        var stored = cluster.Read(_type.Key(owner.Str("metadata", "namespace")!, revision));
        var template = (stored.At("data", "spec", "template") as JsonObject)?.Copy();
        template?.Remove("$patch");
        return template;
    }

    private static string NameOf(JsonObject owner) =>
        $"{owner.Str("metadata", "name")}-{PodTemplates.Hash(owner.At("spec", "template"))}";

    private void Forget(JsonObject owner, List<JsonObject> all, string current)
    {
        var keep = (int)(owner.Long("spec", "revisionHistoryLimit") ?? 10);
        var used = owner.Str("status", "currentRevision");
        var old = all.Where(r => r.Str("metadata", "name") is { } n && n != current && n != used)
            .OrderBy(r => r.Long("revision"))
            .ToList();
        for (var i = 0; i < old.Count - keep; i++)
        {
            cluster.Delete(_type, ClusterContext.KeyOf(_type, old[i]));
        }
    }
}
