using PlatformLocal.Core;
using PlatformLocal.Core.Documents;
using PlatformLocal.Core.Environments;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Testing;

namespace PlatformLocal.Deployment.Tests.Workspaces;

public sealed class WorkspaceReaderTests : IDisposable
{
    private const string Header = "apiVersion: platform.local/v1alpha1\n";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_examples_are_a_valid_workspace()
    {
        var workspace = WorkspaceReader.Read(Path.Combine(Repository.Root, "examples"));

        workspace.Catalogue.Services.Should().HaveCount(12);
        workspace.Catalogue.Services.Values.Should().OnlyContain(s => s.Versions.Count > 0);
        workspace.Types[EnvironmentType.Sue].Lifetime.Should().Be(TimeSpan.FromHours(24));
    }

    [Fact]
    public void Services_versions_and_overrides_are_read()
    {
        WriteWorkspace("environmentTypes: {dev: {services: {web: \"*\"}, variables: {A: b}}}");
        WriteService("web", "image: web\n  dependsOn: {auth: \"^1.0\"}\n  manifests: .\n  timeout: 90s");
        _folder.Write(
            "catalogue.yaml",
            Header + "kind: Catalogue\nservices: {web: {versions: [1.0.0, v1.1], dependsOn: {1.0.0: {auth: \"*\"}}}}"
        );

        var workspace = WorkspaceReader.Read(_folder.Path);

        var web = workspace.Catalogue.Services["web"];
        web.Definition.Timeout.Should().Be(TimeSpan.FromSeconds(90));
        web.Versions.Select(v => v.Text).Should().Equal("1.0.0", "v1.1");
        web.DependenciesOf(web.Versions[0])["auth"].Text.Should().Be("*");
        web.DependenciesOf(web.Versions[1])["auth"].Text.Should().Be("^1.0");
        workspace.Types[EnvironmentType.Dev].Services.Should().Contain("web", "*");
    }

    [Fact]
    public void What_is_said_of_a_version_that_is_listed_in_another_writing_is_said_of_that_one()
    {
        WriteWorkspace("");
        WriteService("web", "image: web\n  manifests: .");
        _folder.Write(
            "catalogue.yaml",
            Header
                + "kind: Catalogue\nservices: {web: {versions: [1.0.0, v2.0.0, 2.0.0], dependsOn: {1.0: {auth: \"^1\"}, 2.0.0: {auth: \"^2\"}}}}"
        );

        var web = WorkspaceReader.Read(_folder.Path).Catalogue.Services["web"];

        web.Versions.SelectMany(v => web.DependenciesOf(v).Values.Select(c => $"{v} {c}"))
            .Should()
            .Equal("1.0.0 ^1", "2.0.0 ^2");
    }

    [Fact]
    public void All_faults_of_a_service_are_told_at_once()
    {
        WriteWorkspace("");
        WriteService("Web_", "imag: web\n  dependsOn: {auth: \"x.y\"}\n  timeout: soon");

        var act = () => WorkspaceReader.Read(_folder.Path);

        act.Should()
            .Throw<InvalidDocumentException>()
            .Which.Faults.Select(f => f.Path)
            .Should()
            .BeEquivalentTo(
                "metadata.name",
                "spec.image",
                "spec.imag",
                "spec.manifests",
                "spec.dependsOn.auth",
                "spec.timeout"
            );
    }

    [Fact]
    public void Kinds_of_the_whole_cluster_and_how_manifests_are_read_are_read()
    {
        WriteWorkspace("clusterKinds: {web: [ClusterRole, StorageClass.storage.k8s.io]}");
        WriteService("web", "image: web\n  manifests: .\n  substitute: disabled\n  namespaces: [operators]");

        var workspace = WorkspaceReader.Read(_folder.Path);

        workspace.ClusterKinds["web"].Should().Equal("ClusterRole", "StorageClass.storage.k8s.io");
        var web = workspace.Catalogue.Services["web"].Definition;
        web.Substitutes.Should().BeFalse();
        web.Namespaces.Should().Equal("operators");
    }

    [Fact]
    public void Quotas_of_a_type_are_read()
    {
        WriteWorkspace("environmentTypes: {dev: {quotas: {pods: \"20\", requests.cpu: unlimited}}}");
        Directory.CreateDirectory(Path.Combine(_folder.Path, "services"));

        var quotas = WorkspaceReader.Read(_folder.Path).Types[EnvironmentType.Dev].Quotas;

        quotas.Should().Equal(new Dictionary<string, string> { ["pods"] = "20", ["requests.cpu"] = "unlimited" });
    }

    [Theory]
    [InlineData("environmentTypes: {dev: {quotas: {pods: many}}}", "quotas.pods: 'many' is not a quantity")]
    [InlineData("clusterKinds: {web: [Namespace]}", "spec.clusterKinds.web: must not have Namespace")]
    [InlineData("clusterKinds: {web: ClusterRole}", "spec.clusterKinds.web: must be a list of texts")]
    [InlineData("services: ../elsewhere", "leads out of the workspace")]
    [InlineData("serivces: x", "did you mean services?")]
    public void A_faulty_workspace_is_refused(string spec, string told)
    {
        WriteWorkspace(spec);

        var act = () => WorkspaceReader.Read(_folder.Path);

        act.Should().Throw<InvalidDocumentException>().WithMessage($"*platform.yaml*{told}*");
    }

    [Fact]
    public void Versions_that_YAML_takes_for_numbers_are_told_with_what_to_do()
    {
        WriteWorkspace("");
        Directory.CreateDirectory(Path.Combine(_folder.Path, "services"));
        _folder.Write(
            "catalogue.yaml",
            "apiVersion: platform.local/v1alpha1\nkind: Catalogue\nservices:\n  web: {versions: [1.0, 1.10, 1.2.3]}\n"
        );

        var act = () => WorkspaceReader.Read(_folder.Path);

        act.Should()
            .Throw<InvalidDocumentException>()
            .WithMessage(
                "*services.web.versions: must be a list of texts, and has the number 1*: write each in quotes*"
            );
    }

    [Fact]
    public void A_folder_without_a_platform_file_is_no_workspace()
    {
        var act = () => WorkspaceReader.Read(_folder.Path);

        act.Should().Throw<PlatformException>().Which.Kind.Should().Be(FailureKind.InvalidInput);
    }

    [Fact]
    public void The_workspace_of_a_file_is_the_nearest_above_it()
    {
        WriteWorkspace("");
        var claim = _folder.Write("environments/deep/dev.json", "{}");

        Workspace.Find(claim).Should().Be(_folder.Path);
        Workspace.Find(Path.GetTempPath()).Should().BeNull();
    }

    [Fact]
    public void Changes_of_platform_services_are_read()
    {
        string file = _folder.Write("install.yaml", "");
        WriteWorkspace(
            "platformServices: {objectStore: rustfs, flux: {manifests: install.yaml}, "
                + "charts: {registry: 'oci://mirror.example.com/charts/', insecure: true}, "
                + "qdrant: {enabled: false}, minio: {version: 5.4.1, values: {persistence: {size: 1Gi}}}}"
        );

        var services = WorkspaceReader.Read(_folder.Path).PlatformServices;

        services.ObjectStore.Should().Be("rustfs");
        services.FluxManifests.Should().Be(file);
        services.Charts.Should().Be(new ChartRegistry("oci://mirror.example.com/charts") { IsInsecure = true });
        services.Changes["qdrant"].Enabled.Should().BeFalse();
        services.Changes["minio"].Version.Should().Be("5.4.1");
        services.Changes["minio"].Values!.ToJsonString().Should().Be("""{"persistence":{"size":"1Gi"}}""");
    }

    [Fact]
    public void Sources_of_services_are_read_with_all_their_faults()
    {
        WriteWorkspace(
            """
            serviceSources: [
                {git: ../repository, path: services/},
                {git: "git@git.example.org:team/web.git"},
                {oci: "localhost:5001", services: [web]}
            ]
            """
        );

        WorkspaceReader
            .Read(_folder.Path)
            .ServiceSources.Should()
            .BeEquivalentTo(
                new ServiceSource[]
                {
                    new GitServiceSource(Path.GetFullPath(Path.Combine(_folder.Path, "..", "repository")), "services"),
                    new GitServiceSource("git@git.example.org:team/web.git", ""),
                    new ArtifactServiceSource("localhost:5001", ["web"]),
                },
                o => o.RespectingRuntimeTypes().WithStrictOrdering()
            );
        WriteWorkspace(
            """
            serviceSources: [
                {git: "--upload-pack=touch /tmp/witness"},
                {git: /repository, path: ../outside, services: [web]},
                {oci: "not a host", path: services},
                {oci: "localhost:5001", services: [Web]},
                {git: /repository, oci: "localhost:5001"},
                {branch: main},
                {git: "https://me:s3cret@git.example.org/team/web.git"},
                {git: "https://s3cret@git.example.org/team/web.git"},
                {git: "https://git.example.org/team/web.git?access_token=s3cret"}
            ]
            """
        );
        var act = () => WorkspaceReader.Read(_folder.Path);
        var refused = act.Should().Throw<InvalidDocumentException>().Which;
        refused.Message.Should().NotContain("s3cret");
        refused
            .Faults.Select(f => f.Path)
            .Should()
            .Equal(
                "spec.serviceSources[0].git",
                "spec.serviceSources[1].services",
                "spec.serviceSources[1].path",
                "spec.serviceSources[2].path",
                "spec.serviceSources[2].oci",
                "spec.serviceSources[2].services",
                "spec.serviceSources[3].services",
                "spec.serviceSources[4].git",
                "spec.serviceSources[5].branch",
                "spec.serviceSources[5].git",
                "spec.serviceSources[6].git",
                "spec.serviceSources[7].git",
                "spec.serviceSources[8].git"
            );
    }

    [Fact]
    public void All_faults_of_platform_services_are_told_at_once()
    {
        WriteWorkspace(
            "platformServices: {objectStore: ceph, charts: {registry: 'https://charts.example.com'}, minoi: {enabled: true}, postgres: {version: 18.0.0}, "
                + "gateway: {manifests: nowhere.yaml}, qdrant: {enabled: maybe}}"
        );

        var act = () => WorkspaceReader.Read(_folder.Path);

        act.Should()
            .Throw<InvalidDocumentException>()
            .Which.Faults.Select(f => f.ToString())
            .Should()
            .SatisfyRespectively(
                f => f.Should().Contain("charts.registry: must be like oci://"),
                f => f.Should().Contain("gateway.manifests: the file").And.Contain("does not exist"),
                f => f.Should().Contain("postgres.version: is not a known field"),
                f => f.Should().Contain("qdrant.enabled: must be true or false"),
                f => f.Should().Contain("objectStore: 'ceph' is not one of: minio, rustfs, none"),
                f => f.Should().Contain("minoi: is not a known field; did you mean minio?")
            );
    }

    private void WriteWorkspace(string spec)
    {
        _folder.Write(
            "platform.yaml",
            Header + "kind: Platform\nmetadata: {name: test}\nspec:\n  domain: test.localhost\n  " + spec + "\n"
        );
        Directory.CreateDirectory(Path.Combine(_folder.Path, "services"));
    }

    private void WriteService(string name, string spec) =>
        _folder.Write(
            $"services/{name}/service.yaml",
            Header + $"kind: ServiceDefinition\nmetadata: {{name: {name}}}\nspec:\n  {spec}\n"
        );
}
