using System.Text.Json.Nodes;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Kubernetes;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Testing;

namespace PlatformLocal.Platform.Tests.Clusters;

[Collection("Docker")]
public sealed class LocalRegistryTests(KindLab lab)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_image_that_is_pushed_to_the_registry_runs_in_the_cluster()
    {
        KindLab.SkipUnlessThere();
        Assert.SkipWhen(KindLab.RegistryImage is null, "LAB_REGISTRY_IMAGE does not name an image");
        Assert.SkipWhen(KindLab.BaseImage is null, "LAB_BASE_IMAGE does not name an image");
        var cluster = await lab.Cluster;
        using var client = await KindLab.Clusters.ConnectAsync(lab.Spec.Platform, lab.Folder, Token);
        var options = NewOptions();
        var registry = new LocalRegistry(KindLab.Programs, options);
        string image = $"{registry.Host}/team/base:1";
        try
        {
            (await registry.EnsureAsync(Token)).Should().BeTrue();
            (await registry.EnsureAsync(Token)).Should().BeFalse("it runs");
            await registry.JoinAsync(cluster.Name, client, Token);
            await registry.JoinAsync(cluster.Name, client, Token);
            await KindLab.Docker("tag", KindLab.BaseImage!, image);
            await KindLab.Docker("push", image);

            await RunPodAsync(client, image);

            var announced = await client.GetAsync(
                new ObjectReference("v1", "ConfigMap", "kube-public", "local-registry-hosting"),
                Token
            );
            announced.Child("data").Text("localRegistryHosting.v1").Should().Contain($"host: \"{registry.Host}\"");
            await KindLab.Docker("stop", "--time=1", options.Name);
            (await registry.EnsureAsync(Token)).Should().BeTrue("it was stopped");
            var elsewhere = new LocalRegistry(KindLab.Programs, options with { Port = options.Port + 1 });
            await elsewhere
                .Awaiting(r => r.EnsureAsync(Token))
                .Should()
                .ThrowAsync<PlatformException>()
                .WithMessage($"*has the port {options.Port}, not {options.Port + 1}*");
        }
        finally
        {
            (await registry.RemoveAsync(Token)).Should().BeTrue();
            await KindLab.Programs.RunAnyAsync(
                new() { Program = "docker", Arguments = ["rmi", image] },
                CancellationToken.None
            );
        }
    }

    [Fact]
    public async Task A_taken_port_and_a_missing_image_are_said_and_leave_nothing()
    {
        KindLab.SkipUnlessThere();
        Assert.SkipWhen(KindLab.RegistryImage is null, "LAB_REGISTRY_IMAGE does not name an image");
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var options = NewOptions() with { Port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port };

        var taken = () => new LocalRegistry(KindLab.Programs, options).EnsureAsync(Token);
        var missing = () =>
            new LocalRegistry(KindLab.Programs, NewOptions() with { Image = "localhost:1/no/registry:1" }).EnsureAsync(
                Token
            );

        await taken
            .Should()
            .ThrowAsync<PlatformException>()
            .WithMessage($"The port {options.Port} of this machine is taken*");
        await missing
            .Should()
            .ThrowAsync<PlatformException>()
            .WithMessage("*could not be started from the image localhost:1/no/registry:1*");
        (await KindLab.Docker("ps", "--all", "--quiet", "--filter", $"name={options.Name}")).Trim().Should().BeEmpty();
    }

    /// <summary>A bare pod in a namespace of its own: the cluster refuses it until it made the namespace's service account.</summary>
    private static async Task RunPodAsync(KubernetesClient client, string image)
    {
        var pod = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject { ["name"] = "from-registry" },
            ["spec"] = new JsonObject
            {
                ["restartPolicy"] = "Never",
                ["containers"] = new JsonArray(
                    new JsonObject
                    {
                        ["name"] = "main",
                        ["image"] = image,
                        ["command"] = new JsonArray("true"),
                    }
                ),
            },
        };
        DeliveryRequest request = Deliveries.Request(
            Deliveries.NewName(),
            Deliveries.Service("once", pod) with
            {
                Timeout = TimeSpan.FromSeconds(90),
            }
        );

        await new DirectDelivery(client).DeliverAsync(request, new ProgressLog(), Token);

        JsonObject ran = await client.GetAsync(
            new ObjectReference("v1", "Pod", request.Namespace, "from-registry"),
            Token
        );
        ran.Child("status").Text("phase").Should().BeOneOf("Running", "Succeeded");
    }

    [Fact]
    public async Task Where_localhost_is_not_the_registry_it_is_reached_by_its_own_address_as_in_a_container()
    {
        KindLab.SkipUnlessThere();
        Assert.SkipWhen(KindLab.RegistryImage is null, "LAB_REGISTRY_IMAGE does not name an image");
        var options = NewOptions();
        var registry = new LocalRegistry(KindLab.Programs, options);
        var nowhere = await registry
            .Awaiting(r => r.ReachAsync(TimeProvider.System, Token))
            .Should()
            .ThrowAsync<PlatformException>();
        nowhere.Which.Message.Should().Contain($"does not answer. Tried: 127.0.0.1:{options.Port}");
        await KindLab.Docker("run", "--detach", "--name", options.Name, options.Image);
        try
        {
            using var http = new HttpClient();
            using (var reached = await registry.ReachAsync(TimeProvider.System, Token))
            {
                reached.Should().NotBeNull("nothing is published");
                var blob = new byte[5_000_000];
                Random.Shared.NextBytes(blob);
                await PushBlobAsync(http, registry.Host, blob);
                (await registry.ReachAsync(TimeProvider.System, Token)).Should().BeNull("localhost answers now");
            }

            await http.Awaiting(h => h.GetAsync($"http://{registry.Host}/v2/", Token))
                .Should()
                .ThrowAsync<HttpRequestException>("it ended");
        }
        finally
        {
            await KindLab.Docker("rm", "--force", "--volumes", options.Name);
        }
    }

    // To the registry and back again.
    private static async Task PushBlobAsync(HttpClient http, string host, byte[] blob)
    {
        var digest = "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(blob));
        using var started = await http.PostAsync($"http://{host}/v2/team/base/blobs/uploads/", null, Token);
        var upload = new UriBuilder(started.Headers.Location!);
        upload.Query += $"&digest={Uri.EscapeDataString(digest)}";
        using var content = new ByteArrayContent(blob);
        content.Headers.ContentType = new("application/octet-stream");
        using var put = await http.PutAsync(upload.Uri, content, Token);
        put.StatusCode.Should().Be(System.Net.HttpStatusCode.Created);
        (await http.GetByteArrayAsync($"http://{host}/v2/team/base/blobs/{digest}", Token)).Should().Equal(blob);
    }

    private static LocalRegistryOptions NewOptions()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return new LocalRegistryOptions
        {
            Name = $"{KindLab.NewName()}-registry",
            Image = KindLab.RegistryImage!,
            Port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port,
        };
    }
}
