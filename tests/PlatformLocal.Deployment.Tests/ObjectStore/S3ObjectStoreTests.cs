using System.Text;
using PlatformLocal.Core;
using PlatformLocal.Deployment.ObjectStore;
using PlatformLocal.Testing;

namespace PlatformLocal.Deployment.Tests.ObjectStore;

public sealed class S3ObjectStoreTests(S3Server server)
{
    private readonly string _bucket = "b-" + Guid.NewGuid().ToString("N");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_bucket_that_is_missing_is_made_and_empty()
    {
        using var store = await OpenAsync();

        (await store.ListAsync(_bucket, Token)).Should().BeEmpty();
        (await store.ListAsync(_bucket, Token)).Should().BeEmpty();
    }

    [Fact]
    public async Task What_is_put_can_be_got_listed_and_removed_by_the_same_tag()
    {
        using var store = await OpenAsync();
        await store.ListAsync(_bucket, Token);

        var tag = await store.PutAsync(_bucket, "shop.json", "größer"u8.ToArray(), WriteCondition.None, Token);
        var got = await store.GetAsync(_bucket, "shop.json", Token);
        var listed = await store.ListAsync(_bucket, Token);
        await store.DeleteAsync(_bucket, "shop.json", WriteCondition.Matches(tag), Token);

        Encoding.UTF8.GetString(got!.Content.Span).Should().Be("größer");
        got.ETag.Should().Be(tag);
        listed.Should().Equal(new ListedObject("shop.json", tag));
        (await store.GetAsync(_bucket, "shop.json", Token)).Should().BeNull();
        await store.DeleteAsync(_bucket, "shop.json", WriteCondition.None, Token);
    }

    [Fact]
    public async Task Many_objects_are_all_listed_in_order()
    {
        using var store = await OpenAsync();
        await store.ListAsync(_bucket, Token);
        // s3rver cannot list more than one page (of 1000): paging was never run.
        string[] keys = [.. Enumerable.Range(0, 500).Select(i => $"e{i:0000}.json")];

        await Parallel.ForEachAsync(
            keys,
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Token },
            async (key, token) =>
                await store.PutAsync(_bucket, key, Encoding.UTF8.GetBytes(key), WriteCondition.None, token)
        );

        (await store.ListAsync(_bucket, Token)).Select(o => o.Key).Should().Equal(keys);
    }

    [Fact]
    public async Task A_write_that_knows_an_older_state_is_refused()
    {
        using var store = await OpenAsync();
        await store.ListAsync(_bucket, Token);
        var first = await store.PutAsync(_bucket, "a", "1"u8.ToArray(), WriteCondition.Absent, Token);
        await store.PutAsync(_bucket, "a", "2"u8.ToArray(), WriteCondition.Matches(first), Token);

        foreach (var condition in new[] { WriteCondition.Absent, WriteCondition.Matches(first) })
        {
            var act = () => store.PutAsync(_bucket, "a", "3"u8.ToArray(), condition, Token);
            (await act.Should().ThrowAsync<PlatformException>()).Which.Kind.Should().Be(FailureKind.Conflict);
        }

        var remove = () => store.DeleteAsync(_bucket, "a", WriteCondition.Matches(first), Token);
        (await remove.Should().ThrowAsync<PlatformException>()).Which.Kind.Should().Be(FailureKind.Conflict);
    }

    [Fact]
    public async Task A_wrong_key_is_not_allowed_and_says_what_to_look_at()
    {
        using var store = Open(await server.RequireAsync(), "wrong", "wrong");

        var act = () => store.ListAsync(_bucket, Token);

        (await act.Should().ThrowAsync<PlatformException>())
            .Which.Should()
            .Match<PlatformException>(e => e.Kind == FailureKind.NotAllowed && e.NextStep!.Contains("access key"));
    }

    [Fact]
    public async Task A_store_that_is_away_is_a_failure_and_never_an_empty_list()
    {
        using var store = Open(new Uri("http://127.0.0.1:9"), "x", "x");

        var act = () => store.ListAsync(_bucket, Token);

        await act.Should().ThrowAsync<PlatformException>().WithMessage("*cannot list the bucket*");
    }

    private async Task<S3ObjectStore> OpenAsync() =>
        Open(await server.RequireAsync(), S3Server.AccessKey, S3Server.SecretKey);

    private static S3ObjectStore Open(Uri endpoint, string accessKey, string secretKey) =>
        new(
            new S3ObjectStoreOptions
            {
                Endpoint = endpoint,
                AccessKey = accessKey,
                SecretKey = secretKey,
            },
            TimeProvider.System
        );
}
