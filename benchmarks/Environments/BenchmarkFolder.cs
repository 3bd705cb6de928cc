namespace PlatformLocal.Benchmarks;

/// <summary>A workspace with two services, and the state of a platform.</summary>
internal sealed class BenchmarkFolder : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("platform-benchmark-").FullName;

    public BenchmarkFolder()
    {
        Write(
            "platform.yaml",
            """
            apiVersion: platform.local/v1alpha1
            kind: Platform
            metadata: {name: bench}
            spec: {domain: bench.localhost}
            """
        );
        Write(
            "catalogue.yaml",
            """
            apiVersion: platform.local/v1alpha1
            kind: Catalogue
            services:
              web: {versions: [1.0.0, 1.1.0]}
              auth: {versions: [2.0.0]}
            """
        );
        WriteService("web", "{auth: \"^2.0\"}");
        WriteService("auth", "{}");
    }

    public string Workspace => Path.Combine(_root, "workspace");

    public string State => Path.Combine(_root, "state");

    public string Platform => Path.Combine(State, "bench");

    /// <summary>How many bytes a folder of the platform's state has.</summary>
    public long BytesIn(string folder) =>
        new DirectoryInfo(Path.Combine(Platform, folder))
            .EnumerateFiles("*", SearchOption.AllDirectories)
            .Sum(f => f.Length);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void WriteService(string name, string dependsOn)
    {
        Write(
            $"services/{name}/service.yaml",
            $$"""
            apiVersion: platform.local/v1alpha1
            kind: ServiceDefinition
            metadata: {name: {{name}}}
            spec:
              image: {{name}}
              dependsOn: {{dependsOn}}
              manifests: infrastructure
            """
        );
        Write(
            $"services/{name}/infrastructure/objects.yaml",
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: NAME}
            spec:
              selector: {matchLabels: {app: NAME}}
              template:
                metadata: {labels: {app: NAME}}
                spec: {containers: [{name: NAME, image: "${IMAGE}"}]}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: NAME}
            spec: {selector: {app: NAME}, ports: [{port: 80}]}
            """.Replace("NAME", name, StringComparison.Ordinal)
        );
    }

    private void Write(string path, string text)
    {
        var file = Path.Combine(Workspace, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
