using System.Text;
using Microsoft.AspNetCore.Http;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Testing;

namespace PlatformLocal.Fuzzing;

/// <summary>Whatever a registry replies, its client gives a value or says what is wrong.</summary>
public sealed class RegistryTests : IDisposable
{
    private static readonly int[] s_codes = [200, 200, 200, 201, 202, 204, 304, 401, 403, 404, 405, 416, 500, 502];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_registry_may_reply_whatever_it_wants()
    {
        var reply = Array.Empty<byte>();
        var number = 0;
        await using var server = await ScriptedServer.StartAsync(
            (context, _) => ReplyAsync(context, reply, number),
            knowsKinds: false
        );
        var address = server.Connection.Server;
        using var client = new RegistryClient(
            new ProgramRunner(TimeProvider.System),
            TimeProvider.System,
            new RegistryOptions
            {
                Retries = 0,
                DockerFolder = _folder.Path,
                CertificatesFolder = _folder.Path,
            }
        );
        var repository = RepositoryName.Parse($"{address.Authority}/team/a");
        await Inputs.TryAsync(
            Inputs.Seeds("registry.json", "registry.txt"),
            Inputs.Share(4),
            async (input, i) =>
            {
                (reply, number) = (input, i);
                try
                {
                    await AskAsync(client, repository, i);
                    return null;
                }
                catch (PlatformException)
                {
                    // That is how it says what is wrong.
                    return null;
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    return Inputs.KindOf(e);
                }
            }
        );
    }

    private static async Task AskAsync(RegistryClient client, RepositoryName repository, int number)
    {
        var token = TestContext.Current.CancellationToken;
        switch (number % 7)
        {
            case 0:
                await client.ListTagsAsync(repository, token);
                break;
            case 1:
                _ = (await client.GetManifestAsync(repository, "1.0", token)).Json?.ToJsonString();
                break;
            case 2:
                await client.GetDigestAsync(repository, "1.0", token);
                break;
            case 3:
                await client.ListRepositoriesAsync(repository.Host, token);
                break;
            case 4:
                await client.GetBlobAsync(repository, Digest.Of("x"u8), 1024, token);
                break;
            case 5:
                await client.PutBlobAsync(repository, "x"u8.ToArray(), token);
                break;
            default:
                await client.PutManifestAsync(repository, "1.0", "application/json", "{}"u8.ToArray(), token);
                break;
        }
    }

    // The headers are cut from the same input as the body: each is one of its lines.
    private static async Task ReplyAsync(HttpContext context, byte[] reply, int number)
    {
        var random = new Random(HashCode.Combine(number, context.Request.Path.Value?.Length));
        var lines = Encoding.UTF8.GetString(reply).Split('\n');
        context.Response.StatusCode = s_codes[random.Next(s_codes.Length)];
        foreach (
            var header in (ReadOnlySpan<string>)
                [
                    "WWW-Authenticate",
                    "Link",
                    "Location",
                    "Docker-Content-Digest",
                    "ETag",
                    "Last-Modified",
                    "Content-Type",
                    "Retry-After",
                ]
        )
        {
            if (random.Next(3) == 0)
            {
                var line = lines[random.Next(lines.Length)];
                context.Response.Headers[header] = new string([.. line.Where(c => c is >= ' ' and < (char)127)]);
            }
        }
        if (context.Response.StatusCode is not (204 or 304) && context.Request.Method != "HEAD")
        {
            await context.Response.Body.WriteAsync(reply);
        }
    }
}
