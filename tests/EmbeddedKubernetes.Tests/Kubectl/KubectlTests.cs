using System.Buffers.Text;
using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Nodes;
using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Kubectl;

/// <summary>The commands people type, with the kubectl and kubectl-new on PATH, and with the one in KUBEBUILDER_ASSETS.</summary>
public sealed class KubectlTests(SharedCluster shared)
{
    public static TheoryData<string> Programs()
    {
        var programs = new TheoryData<string> { "kubectl" };
        if (
            Environment.GetEnvironmentVariable("KUBEBUILDER_ASSETS") is { } folder
            && File.Exists(Path.Combine(folder, "kubectl"))
        )
        {
            programs.Add(Path.Combine(folder, "kubectl"));
        }
        if (FindNewest() is { } newest)
        {
            programs.Add(newest);
        }
        return programs;
    }

    /// <summary>The one that knows the most, for commands that older ones do not have.</summary>
    public static TheoryData<string> Newest() => new() { FindNewest() ?? "kubectl" };

    // On PATH, or where the laboratory keeps its programs.
    private static string? FindNewest() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Append(
                Path.GetDirectoryName(
                    Environment.GetEnvironmentVariable("PLATFORM_LAB_ENV")
                        ?? Path.Combine(
                            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
                            ".cache/platform-lab/env"
                        )
                ) + "/bin"
            )
            .Select(p => Path.Combine(p, "kubectl-new"))
            .FirstOrDefault(File.Exists);

    private async Task<(int Code, string Text)> RunAsync(string program, string? input, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["KUBECONFIG"] = shared.Cluster.KubeconfigPath;
        start.Environment["HOME"] = Path.GetDirectoryName(shared.Cluster.KubeconfigPath);
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            Assert.Skip("kubectl is not on PATH");
            throw;
        }
        using (process)
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(ApiClient.Cancel);
            var error = process.StandardError.ReadToEndAsync(ApiClient.Cancel);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(ApiClient.Cancel);
            patience.CancelAfter(TimeSpan.FromSeconds(30));
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, await output + await error);
        }
    }

    private async Task<string> OkAsync(string program, string? input, params string[] arguments)
    {
        var (code, text) = await RunAsync(program, input, arguments);
        code.Should().Be(0, "{0} should work, but says {1}", string.Join(' ', arguments), text);
        return text;
    }

    private static string Web(string image) =>
        $$"""
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: web
            spec:
              replicas: 2
              selector: {matchLabels: {app: web} }
              template:
                metadata: {labels: {app: web} }
                spec:
                  containers:
                  - name: web
                    image: {{image}}
                    ports: [{containerPort: 80, protocol: TCP}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              selector: {app: web}
              ports: [{port: 80, protocol: TCP}]
            """;

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task Applying_creates_then_says_unchanged_then_configures_and_the_rollout_ends(string program)
    {
        var ns = await shared.NewNamespaceAsync();
        (await OkAsync(program, Web("i:1"), "-n", ns, "apply", "-f", "-"))
            .Should()
            .Contain("deployment.apps/web created");
        (await OkAsync(program, Web("i:1"), "-n", ns, "apply", "-f", "-"))
            .Should()
            .Contain("web unchanged")
            .And.NotContain("configured");
        var (code, diff) = await RunAsync(program, Web("i:2"), "-n", ns, "diff", "-f", "-");
        code.Should().Be(1);
        diff.Should().Contain("image: i:2");
        (await OkAsync(program, Web("i:2"), "-n", ns, "apply", "-f", "-"))
            .Should()
            .Contain("deployment.apps/web configured");
        await OkAsync(program, null, "-n", ns, "rollout", "status", "deploy/web", "--timeout=20s");
        await OkAsync(program, null, "-n", ns, "wait", "--for=condition=Available", "deploy/web", "--timeout=20s");
        (await OkAsync(program, null, "-n", ns, "get", "deploy,rs,pods,svc", "-o", "wide"))
            .Should()
            .Contain("2/2")
            .And.Contain("i:2");
        (await OkAsync(program, null, "-n", ns, "describe", "deploy", "web")).Should().Contain("ScalingReplicaSet");
        await OkAsync(program, null, "-n", ns, "scale", "deploy/web", "--replicas=3");
        await OkAsync(program, null, "-n", ns, "rollout", "undo", "deploy/web");
        await OkAsync(program, null, "-n", ns, "rollout", "status", "deploy/web", "--timeout=20s");
        (await OkAsync(program, null, "-n", ns, "logs", "deploy/web")).Should().Contain("simulated");
        await OkAsync(program, Web("i:1"), "-n", ns, "delete", "-f", "-");
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task Applying_on_the_server_conflicts_until_forced(string program)
    {
        var ns = await shared.NewNamespaceAsync();
        await OkAsync(program, Web("i:1"), "-n", ns, "apply", "--server-side", "-f", "-");
        await OkAsync(program, null, "-n", ns, "set", "image", "deploy/web", "web=i:9");
        var (code, text) = await RunAsync(program, Web("i:2"), "-n", ns, "apply", "--server-side", "-f", "-");
        code.Should().NotBe(0);
        text.Should().Contain("conflict").And.Contain("""containers[name="web"].image""");
        await OkAsync(program, Web("i:2"), "-n", ns, "apply", "--server-side", "--force-conflicts", "-f", "-");
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task Kinds_and_their_fields_are_explained(string program)
    {
        (await OkAsync(program, null, "explain", "deployment")).Should().Contain("Deployment").And.Contain("spec");
        (await OkAsync(program, null, "explain", "deployment.spec.strategy")).Should().Contain("rollingUpdate");
        (await OkAsync(program, null, "explain", "pods.spec.containers")).Should().Contain("image");
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task What_is_wrong_in_a_manifest_is_refused_before_anything_happens(string program)
    {
        var ns = await shared.NewNamespaceAsync();
        var (code, text) = await RunAsync(
            program,
            Web("i:1").Replace("replicas: 2", "replicaz: 2", StringComparison.Ordinal),
            "-n",
            ns,
            "apply",
            "-f",
            "-"
        );
        code.Should().NotBe(0);
        text.Should().Contain("replicaz");
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task The_everyday_create_commands_work(string program)
    {
        var ns = await shared.NewNamespaceAsync();
        string[][] commands =
        [
            ["create", "deployment", "d", "--image=i:1"],
            ["create", "configmap", "c", "--from-literal=a=b"],
            ["create", "secret", "generic", "s", "--from-literal=a=b"],
            ["create", "job", "j", "--image=i:1"],
            ["create", "serviceaccount", "sa"],
            ["create", "role", "r", "--verb=get", "--resource=pods"],
            ["create", "rolebinding", "rb", "--role=r", "--serviceaccount=" + ns + ":sa"],
            ["create", "quota", "q", "--hard=pods=9"],
            ["create", "ingress", "ing", "--rule=example.com/*=d:80"],
            ["run", "p", "--image=i:1", "--restart=Never"],
            ["expose", "deployment", "d", "--port=80"],
            ["autoscale", "deployment", "d", "--min=1", "--max=3"],
            ["label", "deployment", "d", "x=y"],
            ["annotate", "deployment", "d", "x=y"],
            ["patch", "deployment", "d", "-p", """{"spec":{"replicas":2}}"""],
            ["auth", "can-i", "create", "pods"],
            ["api-resources"],
            ["get", "events"],
            ["delete", "pod", "p", "--wait=true"],
        ];
        if (program == "kubectl")
        {
            // Older ones insist on a version of CronJob that is gone.
            commands =
            [
                ["create", "cronjob", "cj", "--image=i:1", "--schedule=* * * * *"],
                .. commands,
            ];
        }
        foreach (var command in commands)
        {
            await OkAsync(program, null, ["-n", ns, .. command]);
        }
        await OkAsync(program, null, "delete", "namespace", ns, "--timeout=20s");
    }

    [Theory]
    [MemberData(nameof(Newest))]
    public async Task Tokens_are_made_for_service_accounts(string program)
    {
        var ns = await shared.NewNamespaceAsync();
        await OkAsync(program, null, "-n", ns, "create", "serviceaccount", "robot");
        var (code, text) = await RunAsync(
            program,
            null,
            "-n",
            ns,
            "create",
            "token",
            "robot",
            "--duration=20m",
            "--audience=me"
        );
        Assert.SkipWhen(
            text.Contains("unknown flag", StringComparison.Ordinal),
            "this kubectl is from before create token"
        );
        code.Should().Be(0, "{0}", text);
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(text.Trim().Split('.')[1]))!;
        claims["sub"]!.GetValue<string>().Should().Be($"system:serviceaccount:{ns}:robot");
        claims["aud"]!.AsArray().Select(a => a!.GetValue<string>()).Should().Equal("me");
        (claims["exp"]!.GetValue<long>() - claims["iat"]!.GetValue<long>()).Should().Be(1200);
        var (refused, why) = await RunAsync(program, null, "-n", ns, "create", "token", "robot", "--duration=1m");
        refused.Should().NotBe(0);
        why.Should().Contain("may not specify a duration less than 10 minutes");
    }

    [Theory]
    [MemberData(nameof(Newest))]
    public async Task A_container_is_added_to_a_running_pod_to_debug_it(string program)
    {
        var ns = await shared.NewNamespaceAsync();
        await OkAsync(program, null, "-n", ns, "run", "web", "--image=i:1");
        await OkAsync(program, null, "-n", ns, "wait", "--for=condition=Ready", "pod/web", "--timeout=10s");
        var (code, text) = await RunAsync(
            program,
            null,
            "-n",
            ns,
            "debug",
            "web",
            "--image=tools:2",
            "--container=look",
            "--attach=false"
        );
        Assert.SkipWhen(
            text.Contains("unknown command", StringComparison.Ordinal),
            "this kubectl is from before debug"
        );
        Assert.SkipWhen(
            text.Contains("NotAcceptable", StringComparison.Ordinal)
                || text.Contains("EphemeralContainers", StringComparison.Ordinal),
            "this kubectl is from before ephemeral containers were a part of pods: " + text
        );
        code.Should().Be(0, "{0}", text);
        var pod = await shared.Api.UntilAsync(
            $"/api/v1/namespaces/{ns}/pods/web",
            a => a.Body?["status"]?["ephemeralContainerStatuses"] is not null
        );
        pod.Body!["spec"]!["ephemeralContainers"]![0]!["image"]!.GetValue<string>().Should().Be("tools:2");
        pod.Body["status"]!["ephemeralContainerStatuses"]![0]!["state"]!["running"].Should().NotBeNull();
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task Custom_resources_can_be_made_read_and_waited_for(string program)
    {
        var group = $"k{Guid.NewGuid():N}.example.com"[..20].TrimEnd('.') + ".io";
        var definition = $$"""
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: sprockets.{{group}} }
            spec:
              group: {{group}}
              scope: Cluster
              names: {plural: sprockets, singular: sprocket, kind: Sprocket}
              versions:
              - name: v1
                served: true
                storage: true
                schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {teeth: {type: integer, minimum: 3} } } } } }
            """;
        await OkAsync(program, definition, "apply", "-f", "-");
        await OkAsync(program, null, "wait", "--for=condition=Established", "crd/sprockets." + group, "--timeout=10s");
        var sprocket =
            $$"""{"apiVersion":"{{group}}/v1","kind":"Sprocket","metadata":{"name":"s"},"spec":{"teeth":5} }""";
        (await OkAsync(program, sprocket, "apply", "-f", "-")).Should().Contain("created");
        (await OkAsync(program, sprocket, "apply", "-f", "-")).Should().Contain("unchanged");
        (await OkAsync(program, null, "get", "sprockets." + group)).Should().Contain("s ");
        var (code, text) = await RunAsync(
            program,
            sprocket.Replace("\"teeth\":5", "\"teeth\":2", StringComparison.Ordinal),
            "apply",
            "-f",
            "-"
        );
        code.Should().NotBe(0);
        text.Should().Contain("spec.teeth");
        await OkAsync(program, null, "delete", "crd", "sprockets." + group, "--timeout=10s");
    }
}
