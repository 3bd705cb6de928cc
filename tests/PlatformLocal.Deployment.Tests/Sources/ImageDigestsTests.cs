using System.Diagnostics;
using System.Text.Json.Nodes;
using PlatformLocal.Core.Environments;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Deployment.Sources;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Testing;

namespace PlatformLocal.Deployment.Tests.Sources;

/// <summary>Services of the catalogue file do without digests where registries are no help.</summary>
[Collection("Docker")]
public sealed class ImageDigestsTests : IDisposable
{
    private const string Head = "apiVersion: platform.local/v1alpha1\nkind: ";
    private const int Services = 60;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_registry_that_never_answers_costs_little_however_many_services_there_are()
    {
        await using var slow = await ScriptedServer.StartAsync((context, _) => context.HangAsync(), knowsKinds: false);
        var clock = Stopwatch.StartNew();

        var resolved = await ResolveAsync($"localhost:{slow.Connection.Server.Port}");

        resolved.Services.Services.Should().HaveCount(Services).And.OnlyContain(s => s.ImageDigest == null);
        resolved.Warnings.Should().BeEmpty();
        clock.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(8), "it is asked for two seconds in all");
    }

    [Fact]
    public async Task A_registry_that_wants_a_password_is_no_failure()
    {
        await using var closed = await RealRegistry.StartAsync(hasPassword: true);

        var resolved = await ResolveAsync(closed.Host);

        resolved.Services.Services.Should().OnlyContain(s => s.ImageDigest == null);
    }

    [Fact]
    public async Task A_registry_that_is_not_there_is_asked_once_and_not_for_every_service()
    {
        await using var broken = await ScriptedServer.StartAsync(
            (context, _) => context.SendAsync(503, "{}"),
            knowsKinds: false
        );

        var resolved = await ResolveAsync($"localhost:{broken.Connection.Server.Port}");

        resolved.Services.Services.Should().OnlyContain(s => s.ImageDigest == null);
        broken.Requests.Count.Should().BeLessThan(Services / 2, "those that follow know of the first failures");
    }

    private async Task<SourcedResolution> ResolveAsync(string registry)
    {
        _folder.Write(
            "workspace/platform.yaml",
            $"{Head}Platform\nmetadata: {{name: test}}\nspec: {{registry: \"{registry}\"}}\n"
        );
        var names = Enumerable.Range(0, Services).Select(n => $"service-{n}").ToList();
        foreach (var name in names)
        {
            _folder.Write(
                $"workspace/services/{name}/service.yaml",
                $"{Head}ServiceDefinition\nmetadata: {{name: {name}}}\nspec: {{image: docker-releases/{name}, manifests: .}}\n"
            );
        }

        _folder.Write(
            "workspace/catalogue.yaml",
            $"{Head}Catalogue\nservices:\n" + string.Concat(names.Select(n => $"  {n}: {{versions: [1.0.0]}}\n"))
        );
        var workspace = WorkspaceReader.Read(Path.Combine(_folder.Path, "workspace"));
        var payload = new JsonObject
        {
            ["environment_name"] = "shop",
            ["services"] = new JsonObject(names.Select(n => KeyValuePair.Create(n, (JsonNode?)"*"))),
        };
        var claim = Payload.ToClaim(
            payload,
            workspace.Types,
            new PayloadOptions { User = "alice", DeployOnlySpecified = true },
            DateTimeOffset.UnixEpoch
        );
        using var resolution = new ServiceResolution(
            Path.Combine(_folder.Path, "cache"),
            new ProgramRunner(TimeProvider.System),
            TimeProvider.System,
            new RegistryOptions { DockerFolder = _folder.Path }
        );
        return await resolution.ResolveAsync(
            claim,
            workspace,
            new VersionPolicy(),
            TestContext.Current.CancellationToken
        );
    }
}
