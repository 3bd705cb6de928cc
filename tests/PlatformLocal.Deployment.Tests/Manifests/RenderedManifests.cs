using PlatformLocal.Core;
using PlatformLocal.Core.Documents;
using PlatformLocal.Core.Environments;
using PlatformLocal.Core.Resolution;
using PlatformLocal.Core.Versions;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Manifests;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Testing;

namespace PlatformLocal.Deployment.Tests.Manifests;

/// <summary>Tests that render the manifests of one service, from a folder of their own.</summary>
public abstract class RenderedManifests : IDisposable
{
    protected const string ConfigMap = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings}
        data: {name: "${ENVIRONMENT_NAME}", replicas: "${REPLICAS_MIN}", greeting: "${GREETING:=hello}"}
        """;

    protected TemporaryFolder Files { get; } = new();

    protected IReadOnlyList<string> ClusterKinds { get; set; } = [];

    protected IReadOnlyList<string> Warnings { get; private set; } = [];

    protected string Version { get; set; } = "1.2.3";

    public void Dispose()
    {
        Files.Dispose();
        GC.SuppressFinalize(this);
    }

    protected async Task<string> FaultAsync()
    {
        var act = () => RenderAsync();
        return (await act.Should().ThrowAsync<InvalidDocumentException>()).Which.Message;
    }

    protected Task<ServiceDelivery> RenderAsync(params (string Name, string Value)[] variables) =>
        RenderAsync(service => service, variables);

    protected async Task<ServiceDelivery> RenderAsync(
        Func<ServiceDefinition, ServiceDefinition> change,
        params (string Name, string Value)[] variables
    )
    {
        var definition = change(
            new ServiceDefinition
            {
                Name = "web",
                Image = "docker-releases/web",
                DependsOn = new Dictionary<string, VersionConstraint>(),
                Manifests = "infrastructure",
                Folder = Files.Path,
            }
        );
        var claim = new Claim
        {
            User = "anna",
            EnvironmentName = "shop",
            EnvironmentType = EnvironmentType.Dev,
            EnvironmentPool = "spot",
            CreationDate = DateTimeOffset.UnixEpoch,
            Services = new Dictionary<string, ServiceRequest>(),
            DeploymentMethod = DeploymentMethod.Minio,
            Variables = variables.ToDictionary(v => v.Name, v => v.Value),
        };
        var resolved = new ResolvedService
        {
            Definition = definition,
            Version = PlatformVersion.Parse(Version),
            IsDevVersion = false,
            Reason = "",
            DependsOn = [],
        };
        var workspace = new Workspace
        {
            Name = "test",
            Folder = Files.Path,
            Domain = "test.localhost",
            Registry = "localhost:5001",
            ClusterKinds = new Dictionary<string, IReadOnlyList<string>> { ["web"] = ClusterKinds },
            Types = EnvironmentTypes.BuiltIn,
            Catalogue = new Catalogue(new Dictionary<string, CatalogueService>()),
        };
        var renderer = new ManifestRenderer(
            new KubectlKustomize(new ProgramRunner(TimeProvider.System)).BuildAsync,
            (_, kind, _) =>
                kind switch
                {
                    "Namespace"
                    or "CustomResourceDefinition"
                    or "ClusterRole"
                    or "ClusterRoleBinding"
                    or "ValidatingWebhookConfiguration" => Task.FromResult(false),
                    "ConfigMap" or "Deployment" or "Secret" or "ServiceAccount" => Task.FromResult(true),
                    _ => throw new PlatformException($"No kind {kind}.") { Kind = FailureKind.InvalidInput },
                },
            (environment, _, _) =>
                Task.FromResult<IReadOnlyDictionary<string, string>>(
                    new Dictionary<string, string> { ["PASSWORD"] = $"of {environment}" }
                )
        );
        var rendered = await renderer.RenderAsync(
            claim,
            new ResolvedServices([resolved]),
            workspace,
            TestContext.Current.CancellationToken
        );
        Warnings = rendered.Warnings;
        return rendered.Request.Services.Should().ContainSingle().Subject;
    }
}
