using PlatformLocal.Core.Environments;
using PlatformLocal.Core.Versions;
using PlatformLocal.Deployment.Sources;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Testing;

namespace PlatformLocal.Deployment.Tests.Sources;

public sealed class ServiceResolutionTests : IDisposable
{
    private const string Head = "apiVersion: platform.local/v1alpha1\nkind: ";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("1.0.0+20240201", "1.0.0+20240201", "are 1.0.0, 1.0.0+20240101")]
    [InlineData("1.0.0", "1.0.0", "are 1.0.0+20240101, 1.0.0+20240201")]
    [InlineData("*", "1.0.0+20240201", "are 1.0.0, 1.0.0+20240101")]
    [InlineData("0.8.0", "0.8.0", "is 0.8.0+20230101")]
    [InlineData("0.9.0", "0.9.0", null)]
    public async Task Versions_that_are_equal_in_order_are_told_beside_the_one_that_is_chosen(
        string asked,
        string chosen,
        string? others
    )
    {
        _folder.Write("platform.yaml", Head + "Platform\nmetadata: {name: test}\nspec: {services: services}\n");
        _folder.Write(
            "services/web/service.yaml",
            Head + "ServiceDefinition\nmetadata: {name: web}\nspec: {image: web, manifests: .}\n"
        );
        _folder.Write(
            "catalogue.yaml",
            Head
                + "Catalogue\nservices: {web: {versions: [1.0.0+20240101, 1.0.0+20240201, 1.0.0, 0.9.0, 0.8.0, 0.8.0+20230101]}}"
        );
        using var resolution = new ServiceResolution(
            Path.Combine(_folder.Path, "cache"),
            new ProgramRunner(TimeProvider.System),
            TimeProvider.System
        );

        var (services, warnings) = await resolution.ResolveAsync(
            new Claim
            {
                User = "anna",
                EnvironmentName = "shop",
                EnvironmentType = EnvironmentType.Prod,
                EnvironmentPool = "spot",
                CreationDate = DateTimeOffset.UnixEpoch,
                Services = new Dictionary<string, ServiceRequest>
                {
                    ["web"] = new(VersionConstraint.Parse(asked), null, null),
                },
                DeploymentMethod = DeploymentMethod.Minio,
                Variables = new Dictionary<string, string>(),
            },
            WorkspaceReader.Read(_folder.Path),
            new VersionPolicy { Offline = true },
            TestContext.Current.CancellationToken
        );

        services.Services.Should().ContainSingle().Which.Version.Text.Should().Be(chosen);
        warnings
            .Should()
            .Equal(
                others is null
                    ? []
                    :
                    [
                        $"web {chosen} is deployed, and equal in order to it {others}: "
                            + "ask for the one that is meant by exactly its text.",
                    ]
            );
    }
}
