using EmbeddedKubernetes.Ownership;
using EmbeddedKubernetes.Schemas;

namespace EmbeddedKubernetes.Objects;

/// <summary>An applied list must not name the same item twice: nobody could say which one is meant.</summary>
internal static class AppliedLists
{
    public static void Check(JsonNode? value, SchemaNode schema, string path = "")
    {
        switch (value)
        {
            case JsonObject o:
                foreach (var (name, member) in o)
                {
                    Check(member, schema.Member(name), path + "." + name);
                }
                break;
            case JsonArray list when schema.Kind == SchemaKind.List && schema.ListKind != ListKind.Atomic:
                if (ListItems.FirstDuplicate(list, schema) is { } step)
                {
                    throw ApiException.Internal(
                        $"failed to create typed patch object: {path}: duplicate entries for key {step[2..]}"
                    );
                }
                foreach (var item in list)
                {
                    Check(item, schema.Items!, path + "[]");
                }
                break;
        }
    }
}
