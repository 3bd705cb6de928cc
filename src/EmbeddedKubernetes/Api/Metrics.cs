namespace EmbeddedKubernetes.Api;

/// <summary>What the cluster holds and takes, as Prometheus reads it.</summary>
internal static class Metrics
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static byte[] Of(ObjectStore store)
    {
        var text = new StringBuilder();
        Describe(text, "apiserver_storage_objects", "gauge", "Number of stored objects by resource.");
        foreach (var resource in store.Resources().Order(StringComparer.Ordinal))
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"apiserver_storage_objects{{resource=\"{resource.TrimEnd('.')}\"}} {store.List(resource).Length}\n"
            );
        }
        One(text, "apiserver_resource_version", "counter", "The newest resource version.", store.ResourceVersion);
        One(text, "process_resident_memory_bytes", "gauge", "Memory of the process.", Environment.WorkingSet);
        One(
            text,
            "process_cpu_seconds_total",
            "counter",
            "Processor time of the process.",
            Environment.CpuUsage.TotalTime.TotalSeconds
        );
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void One(StringBuilder text, string name, string type, string help, double value)
    {
        Describe(text, name, type, help);
        text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
    }

    private static void Describe(StringBuilder text, string name, string type, string help) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");
}
