namespace PlatformLocal.EndToEnd.Tests;

/// <summary>A workspace with one service that really serves HTTP: python's own server in the base image.</summary>
internal sealed class TestWorkspace : IDisposable
{
    private const string Header = "apiVersion: platform.local/v1alpha1\n";

    public TestWorkspace()
    {
        Write(
            "platform.yaml",
            Header + "kind: Platform\nmetadata: {name: e2e}\nspec: {registry: \"localhost:5001\"}\n"
        );
        Write("catalogue.yaml", Header + "kind: Catalogue\nservices: {hello: {versions: [1.0.0, 1.1.0]}}\n");
        Write(
            "services/hello/service.yaml",
            Header
                + "kind: ServiceDefinition\nmetadata: {name: hello}\n"
                + "spec: {image: e2e/hello, manifests: infrastructure, secrets: [KEY], timeout: 90s}\n"
        );
        Write(
            "services/hello/infrastructure/hello.yaml",
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: hello}
            spec:
              selector: {matchLabels: {app: hello}}
              template:
                metadata: {labels: {app: hello}}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                    - name: hello
                      image: ${IMAGE}
                      command: [sh, -c, "cd /tmp && echo hello from ${SERVICE_VERSION} >index.html && exec python3 -m http.server 8080"]
                      ports: [{name: http, containerPort: 8080, protocol: TCP}]
                      readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 1}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: hello}
            spec:
              selector: {app: hello}
              ports: [{name: http, port: 80, targetPort: http, protocol: TCP}]
            """
        );
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("platform-local-test-").FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private void Write(string relative, string content)
    {
        var file = Path.Combine(Folder, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);
    }
}
