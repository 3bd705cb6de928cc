using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Platform.Operations;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Server.Tests.Testing;

/// <summary>A served platform with a small workspace of its own: <c>web</c> needs <c>auth</c>.</summary>
internal sealed class TestPlatform : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly string _root = Directory.CreateTempSubdirectory("platform-local-test-").FullName;
    private PlatformServer? _server;
    private PlatformApiClient? _client;

    private TestPlatform()
    {
        Workspace = Path.Combine(_root, "workspace");
        State = new StateFolder(Path.Combine(_root, "state"), "test");
    }

    public string Workspace { get; }

    public StateFolder State { get; }

    public Uri Address => _server!.Address;

    /// <summary>The parts of the served platform.</summary>
    public IServiceProvider Services => _server!.Services;

    public PlatformApiClient Api => _client!;

    public string Bucket => Path.Combine(State.Buckets, "environments");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<TestPlatform> StartAsync(TimeProvider? time = null)
    {
        var platform = Prepare();
        platform.Time = time ?? TimeProvider.System;
        await platform.ServeAsync();
        return platform;
    }

    /// <summary>The workspace and an empty state, served by nobody yet.</summary>
    public static TestPlatform Prepare()
    {
        var platform = new TestPlatform();
        platform.WriteWorkspace();
        return platform;
    }

    /// <summary>The clock of the platform.</summary>
    public TimeProvider Time { get; private set; } = TimeProvider.System;

    /// <summary>Starts the platform anew on the same state.</summary>
    public async Task ServeAsync()
    {
        _server = await PlatformServer.StartAsync(
            new ServeOptions
            {
                State = State,
                Workspace = Workspace,
                Version = "test",
                Time = Time,
            },
            Token
        );
        _client = new PlatformApiClient(_server.Address, State.ReadToken()!, Time);
    }

    public async Task StopAsync()
    {
        _client?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
            _server = null;
        }
    }

    /// <summary>Deploys and waits until it is settled.</summary>
    public Task<EnvironmentDocument> DeployAsync(string payload) => DeployAsync(Api, payload);

    /// <summary>Deploys by way of a client and waits until it is settled.</summary>
    public static async Task<EnvironmentDocument> DeployAsync(
        PlatformApiClient api,
        string payload,
        DeployRequest? flags = null
    )
    {
        var operation = new DeployEnvironment(api, TimeProvider.System);
        var stored = await operation.StoreAsync(
            (flags ?? new DeployRequest { Claim = [], DeployOnlySpecified = true }) with
            {
                Claim = (JsonObject)JsonNode.Parse(payload)!,
            },
            Token
        );
        return await operation.WaitAsync(stored, new Progress<EnvironmentDocument>(), s_patience, Token);
    }

    /// <summary>Waits until an environment is as a condition wants it; <see langword="null"/> stands for none.</summary>
    public async Task<EnvironmentDocument?> WaitAsync(string name, Func<EnvironmentDocument?, bool> condition)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(Token);
        late.CancelAfter(s_patience);
        while (true)
        {
            var now = await Api.FindAsync(name, late.Token);
            if (condition(now))
            {
                return now;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, late.Token);
        }
    }

    public void DropClaim(string name, string claim)
    {
        Directory.CreateDirectory(Bucket);
        File.WriteAllText(Path.Combine(Bucket, name + ".json"), claim);
    }

    /// <summary>Replaces how often newer versions are looked for.</summary>
    public void WriteUpdates(string every) =>
        WritePlatform($"\n  domain: test.localhost\n  updates: {{every: {every}}}");

    /// <summary>Replaces how long a claim may be away.</summary>
    public void WriteGracePeriod(string period) =>
        WritePlatform($"{{domain: test.localhost, claims: {{gracePeriod: {period}}}}}");

    /// <summary>Puts an environment back to a number of its history and waits until it is settled.</summary>
    public Task<EnvironmentDocument> RollBackAsync(string name, int number) =>
        DeployAsync(Api, $$"""{"environment_name":"{{name}}"}""", new DeployRequest { Claim = [], Rollback = number });

    /// <summary>Replaces what the workspace says about the platform.</summary>
    public void WritePlatform(string spec) =>
        File.WriteAllText(
            Path.Combine(Workspace, "platform.yaml"),
            $"apiVersion: platform.local/v1alpha1\nkind: Platform\nmetadata: {{name: test}}\nspec: {spec}\n"
        );

    /// <summary>Replaces what versions there are.</summary>
    public void WriteCatalogue(params string[] services) =>
        File.WriteAllText(
            Path.Combine(Workspace, "catalogue.yaml"),
            "apiVersion: platform.local/v1alpha1\nkind: Catalogue\nservices:\n"
                + string.Concat(services.Select(s => $"  {s}\n"))
        );

    public void WriteService(string name, string image, string dependsOn = "{}")
    {
        var folder = Directory.CreateDirectory(Path.Combine(Workspace, "services", name, "infrastructure")).FullName;
        File.WriteAllText(
            Path.Combine(folder, "..", "service.yaml"),
            $"""
            apiVersion: platform.local/v1alpha1
            kind: ServiceDefinition
            metadata: [[name: {name}]]
            spec:
              image: {image}
              dependsOn: {dependsOn}
              manifests: infrastructure
            """.Replace("[[", "{").Replace("]]", "}")
        );
        File.WriteAllText(
            Path.Combine(folder, "objects.yaml"),
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
            kind: ConfigMap
            metadata: {name: NAME}
            data: {color: "${COLOR:=blue}"}
            """.Replace("NAME", name)
        );
    }

    /// <summary>Gives a service a playbook.</summary>
    public void WritePlaybook(string service, string playbook)
    {
        var folder = Path.Combine(Workspace, "services", service);
        Directory.CreateDirectory(Path.Combine(folder, "ansible"));
        File.WriteAllText(Path.Combine(folder, "ansible", "site.yml"), playbook);
        var definition = Path.Combine(folder, "service.yaml");
        var text = File.ReadAllText(definition);
        if (!text.Contains("playbook:", StringComparison.Ordinal))
        {
            File.WriteAllText(definition, text.TrimEnd() + "\n  playbook: ansible/site.yml\n");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_root, recursive: true);
    }

    private void WriteWorkspace()
    {
        Directory.CreateDirectory(Workspace);
        WritePlatform("{domain: test.localhost}");
        WriteCatalogue("web: {versions: [1.0.0, 1.1.0]}", "auth: {versions: [2.0.0]}");
        WriteService("web", "web", "{auth: \"^2.0\"}");
        WriteService("auth", "auth");
    }
}
