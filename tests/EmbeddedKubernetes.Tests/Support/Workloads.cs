namespace EmbeddedKubernetes.Tests.Support;

/// <summary>Bodies that many tests need.</summary>
internal static class Workloads
{
    public static string Deployment(string name, string image, int replicas, string more = "") =>
        $$"""
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"{{name}}"},"spec":{"replicas":{{replicas}},{{more}}
            "selector":{"matchLabels":{"app":"{{name}}"} },
            "template":{"metadata":{"labels":{"app":"{{name}}"} },"spec":{"containers":[{"name":"c","image":"{{image}}"}]} } } }
            """;
}
