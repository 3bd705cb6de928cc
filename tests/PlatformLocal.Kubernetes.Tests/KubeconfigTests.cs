using System.Text;
using System.Text.Json.Nodes;
using PlatformLocal.Core;
using PlatformLocal.Kubernetes.Configuration;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Answers;

namespace PlatformLocal.Kubernetes.Tests;

public sealed class KubeconfigTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("platform-local-kubeconfig-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_current_context_joins_cluster_and_user()
    {
        string path = Write(
            "config",
            """
            apiVersion: v1
            kind: Config
            current-context: dev
            contexts:
            - name: dev
              context: {cluster: east, user: me, namespace: shop}
            clusters:
            - name: east
              cluster:
                server: https://east.example:6443
                tls-server-name: kubernetes
                proxy-url: socks5://127.0.0.1:1080
                insecure-skip-tls-verify: true
            users:
            - name: me
              user: {username: anna, password: "123456", as: root, as-groups: [a, b]}
            """
        );

        ClusterConnection connection = Kubeconfig.Load(path).Connect();

        connection.Server.Should().Be(new Uri("https://east.example:6443"));
        connection.Namespace.Should().Be("shop");
        connection.TlsServerName.Should().Be("kubernetes");
        connection.Proxy.Should().Be(new Uri("socks5://127.0.0.1:1080"));
        connection.InsecureSkipTlsVerify.Should().BeTrue();
        connection.Credentials.Username.Should().Be("anna");
        connection.Credentials.Password.Should().Be("123456");
        connection.Credentials.Impersonate.Should().Be("root");
        connection.Credentials.ImpersonateGroups.Should().Equal("a", "b");
    }

    [Fact]
    public void Files_are_relative_to_their_kubeconfig_and_inline_data_wins()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "pki"));
        Write("pki/ca.crt", "AUTHORITY");
        Write("pki/client.key", "KEY");
        string inline = Convert.ToBase64String(Encoding.UTF8.GetBytes("INLINE"));
        string path = Write(
            "config",
            $$$$"""
            current-context: a
            contexts: [{name: a, context: {cluster: a, user: a}}]
            clusters: [{name: a, cluster: {server: "https://a", certificate-authority: pki/ca.crt}}]
            users: [{name: a, user: {client-certificate: missing.crt, client-certificate-data: {{{{inline}}}}, client-key: pki/client.key, tokenFile: pki/token}}]
            """
        );

        ClusterConnection connection = Kubeconfig.Load(path).Connect();

        connection.CertificateAuthority.Should().Be("AUTHORITY");
        connection.Credentials.ClientCertificate.Should().Be("INLINE");
        connection.Credentials.ClientKey.Should().Be("KEY");
        connection.Credentials.TokenFile.Should().Be(Path.Combine(_folder, "pki/token"));
    }

    [Fact]
    public void The_first_file_that_says_something_wins()
    {
        string first = Write(
            "first",
            """
            contexts: [{name: a, context: {cluster: a}}]
            clusters: [{name: a, cluster: {server: "https://first"}}]
            """
        );
        string second = Write(
            "second",
            """
            current-context: a
            contexts: [{name: a, context: {cluster: b}}, {name: b, context: {cluster: b}}]
            clusters: [{name: a, cluster: {server: "https://second"}}, {name: b, cluster: {server: "https://b"}}]
            """
        );

        Kubeconfig config = Kubeconfig.LoadDefault(
            $"{first}{Path.PathSeparator}{_folder}/missing{Path.PathSeparator}{second}"
        );

        config.CurrentContext.Should().Be("a");
        config.Contexts.Should().Equal("a", "b");
        config.Connect().Server.Should().Be(new Uri("https://first"));
        config.Connect("b").Server.Should().Be(new Uri("https://b"));
    }

    [Theory]
    [InlineData("", "No context is chosen*", "Create a cluster*")]
    [InlineData("current-context: gone", "There is no context 'gone' in *", "It has no contexts at all.")]
    [InlineData(
        "{current-context: a, contexts: [{name: a, context: {cluster: gone}}], clusters: [{name: b, cluster: {server: 'http://x'}}]}",
        "There is no cluster 'gone' that context 'a' refers to in *",
        "Known are: b."
    )]
    [InlineData(
        "{current-context: a, contexts: [{name: a, context: {}}]}",
        "The context 'a' in * has no cluster.",
        null
    )]
    [InlineData(
        "{current-context: a, contexts: [{name: a, context: {cluster: a}}], clusters: [{name: a, cluster: {server: 'host:1'}}]}",
        "*which is not an http(s) address.",
        null
    )]
    [InlineData("a: [", "* is not a kubeconfig: line *", "Correct the file*")]
    [InlineData("- a", "* is not a kubeconfig: it has no fields.", null)]
    [InlineData("contexts: [{context: {}}]", "An entry of contexts in * has no name.", null)]
    public void What_is_wrong_is_said_with_what_to_do(string text, string message, string? nextStep)
    {
        string path = Write("config", text);

        PlatformException fault = FluentActions
            .Invoking(() => Kubeconfig.Load(path).Connect())
            .Should()
            .Throw<PlatformException>()
            .WithMessage(message)
            .Which;

        fault.Kind.Should().Be(FailureKind.InvalidInput);
        if (nextStep is not null)
        {
            fault.NextStep.Should().Match(nextStep);
        }
    }

    [Fact]
    public void A_connection_shows_no_secret()
    {
        var connection = new ClusterConnection
        {
            Server = new Uri("https://a"),
            Credentials = new ClusterCredentials
            {
                Token = "hunter2",
                Password = "hunter2",
                ClientKey = "hunter2",
            },
        };

        $"{connection} {connection.Credentials}".Should().NotContain("hunter2");
    }

    [Fact]
    public void A_pod_finds_its_own_cluster()
    {
        Write("token", "secret");
        Write("namespace", "shop\n");
        var variables = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["KUBERNETES_SERVICE_HOST"] = "fd00::1",
            ["KUBERNETES_SERVICE_PORT"] = "443",
        };

        ClusterConnection? connection = InClusterConfiguration.Find(name => variables.GetValueOrDefault(name), _folder);
        ClusterConnection? outside = InClusterConfiguration.Find(_ => null, _folder);

        connection!.Server.Should().Be(new Uri("https://[fd00::1]:443"));
        connection.Namespace.Should().Be("shop");
        outside.Should().BeNull();
    }

    [Fact]
    public async Task A_token_file_that_rotates_is_read_again_when_the_server_refuses()
    {
        string file = Write("token", "old\n");
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            async (context, _) =>
            {
                bool isNew = context.Request.Headers.Authorization == "Bearer new";
                await File.WriteAllTextAsync(file, "new", CancellationToken.None);
                await context.SendAsync(isNew ? 200 : 401, Map("a", "1"));
            }
        );
        using var client = new KubernetesClient(
            server.Connection with
            {
                Credentials = new ClusterCredentials { TokenFile = file },
            }
        );

        JsonObject read = await client.GetAsync(new ObjectReference("v1", "ConfigMap", "shop", "a"), Token);

        read.Should().NotBeNull();
    }

    [Theory]
    [InlineData("client.authentication.k8s.io/v1")]
    [InlineData("client.authentication.k8s.io/v1beta1")]
    public async Task An_exec_plugin_is_asked_again_only_when_its_token_expires(string version)
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "needs /bin/sh");
        string script = Write(
            "login.sh",
            """
            echo x >> "$COUNT_FILE"
            n=$(wc -l < "$COUNT_FILE")
            case "$KUBERNETES_EXEC_INFO" in *'"kind":"ExecCredential"'*) ;; *) exit 1 ;; esac
            printf '{"apiVersion":"%s","kind":"ExecCredential","status":{"token":"t%s","expirationTimestamp":"%s"}}' "$1" $n "$EXPIRES"
            """
        );
        string count = Path.Combine(_folder, "count");
        string path = Write(
            "config",
            $$$$"""
            current-context: a
            contexts: [{name: a, context: {cluster: a, user: a}}]
            clusters: [{name: a, cluster: {server: "http://placeholder"}}]
            users:
            - name: a
              user:
                exec:
                  apiVersion: {{{{version}}}}
                  command: /bin/sh
                  args: ["{{{{script}}}}", "{{{{version}}}}"]
                  env: [{name: COUNT_FILE, value: "{{{{count}}}}"}, {name: EXPIRES, value: "{{{{TimeProvider.System.GetUtcNow().AddSeconds(
                30
            ):O}}}}"}]
            """
        );
        var tokens = new List<string?>();
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            (context, _) =>
            {
                tokens.Add(context.Request.Headers.Authorization);
                return context.SendAsync(200, Map("a", "1"));
            }
        );
        var time = new MovableTime();
        using var client = new KubernetesClient(
            Kubeconfig.Load(path).Connect() with
            {
                Server = server.Connection.Server,
            },
            new KubernetesClientOptions { TimeProvider = time }
        );
        var reference = new ObjectReference("v1", "ConfigMap", "shop", "a");

        await client.GetAsync(reference, Token);
        await client.GetAsync(reference, Token);
        time.Ahead = TimeSpan.FromMinutes(5);
        await client.GetAsync(reference, Token);

        tokens.Should().Equal("Bearer t1", "Bearer t1", "Bearer t2");
    }

    [Fact]
    public async Task An_exec_plugin_that_is_missing_says_how_to_install_it()
    {
        var exec = new ExecPlugin
        {
            ApiVersion = "client.authentication.k8s.io/v1",
            Command = "no-such-login",
            InstallHint = "Get it from the wiki.",
        };
        using var client = new KubernetesClient(
            new ClusterConnection
            {
                Server = new Uri("http://127.0.0.1:1"),
                Credentials = new ClusterCredentials { Exec = exec },
            }
        );

        PlatformException fault = (
            await client.Invoking(c => c.GetVersionAsync(Token)).Should().ThrowAsync<PlatformException>()
        ).Which;

        fault.NextStep.Should().Be("Get it from the wiki.");
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
