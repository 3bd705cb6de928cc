using System.Reflection;
using System.Text;
using System.Xml;

namespace Pipelines.Modules;

/// <summary>The documentation comments of an assembly, from the file that the compiler puts beside it.</summary>
internal sealed class XmlDocumentation
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    private XmlDocumentation() { }

    /// <summary>No comments: names say enough where nobody reads descriptions.</summary>
    public static XmlDocumentation None { get; } = new();

    /// <summary>The comments of an assembly; none when there is no file.</summary>
    public static XmlDocumentation Of(Assembly assembly)
    {
        var file = System.IO.Path.ChangeExtension(assembly.Location, ".xml");
        var documentation = new XmlDocumentation();
        if (System.IO.File.Exists(file))
        {
            using var reader = XmlReader.Create(file, new XmlReaderSettings { IgnoreComments = true });
            documentation.Read(reader);
        }

        return documentation;
    }

    public string OfType(Type type) => Find("T:" + NameOf(type))?.Summary ?? "";

    public string OfField(Type type, string name) => Find($"F:{NameOf(type)}.{name}")?.Summary ?? "";

    /// <summary>A property's own comment, or that of the record's parameter it was made from.</summary>
    public string OfProperty(Type type, string name) =>
        Find($"P:{NameOf(type)}.{name}")?.Summary
        ?? Find("T:" + NameOf(type))?.Parameters.GetValueOrDefault(name)
        ?? "";

    public string OfMethod(Type type, string name) => Find($"M:{NameOf(type)}.{name}")?.Summary ?? "";

    /// <summary>A parameter's comment; a primary constructor's stand at the type.</summary>
    public string OfParameter(Type type, MethodBase method, string name)
    {
        var own = Find($"M:{NameOf(type)}.{(method.IsConstructor ? "#ctor" : method.Name)}");
        return own?.Parameters.GetValueOrDefault(name)
            ?? (method.IsConstructor ? Find("T:" + NameOf(type))?.Parameters.GetValueOrDefault(name) : null)
            ?? "";
    }

    private Entry? Find(string name) => _entries.GetValueOrDefault(name);

    private static string NameOf(Type type) => type.FullName!.Replace('+', '.');

    private void Read(XmlReader reader)
    {
        Entry? entry = null;
        reader.MoveToContent();
        while (!reader.EOF)
        {
            if (reader.NodeType == XmlNodeType.Element)
            {
                switch (reader.Name)
                {
                    case "member":
                        // Functions are not overloaded: what follows the name is not needed to tell them apart.
                        entry = new Entry();
                        _entries.TryAdd((reader.GetAttribute("name") ?? "").Split('(')[0], entry);
                        break;
                    case "summary" when entry is not null:
                        entry.Summary = TextOf(reader);
                        continue;
                    case "param" when entry is not null && reader.GetAttribute("name") is { } name:
                        entry.Parameters[name] = TextOf(reader);
                        continue;
                }
            }

            reader.Read();
        }
    }

    // Leaves the reader behind the element.
    private static string TextOf(XmlReader reader)
    {
        var text = new StringBuilder();
        using (var inside = reader.ReadSubtree())
        {
            while (inside.Read())
            {
                if (
                    inside.NodeType
                    is XmlNodeType.Text
                        or XmlNodeType.CDATA
                        or XmlNodeType.Whitespace
                        or XmlNodeType.SignificantWhitespace
                )
                {
                    text.Append(inside.Value);
                }
                else if (inside.NodeType == XmlNodeType.Element && inside.Depth > 0)
                {
                    var reference =
                        inside.GetAttribute("cref") ?? inside.GetAttribute("name") ?? inside.GetAttribute("langword");
                    text.Append(reference?.Split('(')[0].Split('.', ':')[^1]);
                }
            }
        }

        reader.Read();
        return string.Join(' ', text.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    private sealed class Entry
    {
        public string? Summary { get; set; }

        public Dictionary<string, string> Parameters { get; } = new(StringComparer.Ordinal);
    }
}
